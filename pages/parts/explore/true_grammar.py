"""The true grammar beside a run: where a grammar of ours wrote the training text, and the model reads its words."""

from lmcore.inference.trained import TrainedModel
from lmcore.inference.true_grammar import TrueGrammar
from lmcore.runs.store.records import Run
from pages.parts import visitor
from sample_corpora import SAMPLES
from sample_corpora.automaton import END


def of_run(run: Run, trained: TrainedModel) -> TrueGrammar | None:
    text = visitor.store().text(run.text_id)
    sample = SAMPLES.get(text.sample or "") if text else None
    if sample is None or sample.grammar is None or (trained.kind, trained.tokenizer.level) != ("lines", "word"):
        return None
    return TrueGrammar(sample.grammar, trained.tokenizer, END)
