"""The true grammar beside a run: where a grammar of ours wrote the training text, and the model reads its words."""

from lmcore.inference.true_grammar import TrueGrammar
from pages.parts import visitor
from sample_corpora import SAMPLES
from sample_corpora.automaton import END


def of_run(run, trained) -> TrueGrammar | None:
    text = visitor.store().text(run.text_id)
    automaton = SAMPLES[text.sample].grammar if text.sample in SAMPLES else None
    fits = automaton is not None and trained.kind == "lines" and trained.tokenizer.kind == "word"
    return TrueGrammar(automaton, trained.tokenizer, END) if fits else None
