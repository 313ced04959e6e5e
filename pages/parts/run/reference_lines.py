"""The lines that give a loss its meaning, for a page: what counting reaches, and the floor where a grammar of ours wrote the text."""

from functools import lru_cache

from lmcore.inference.references import ORDERS, Reference, crossings
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.text.corpus import Corpus
from lmcore.tokenizers import ITEM_BREAK
from pages.parts.language import _
from pages.parts.run import run_labels
from sample_corpora import SAMPLES


def of_run(store: Store, run: Run) -> list[Reference]:
    """Empty until the run's worker has counted, and where there is no validation split."""
    lines = [Reference(*line) for line in run.reference_lines if line[0] in ORDERS]
    text = store.text(run.text_id)
    if marks.values_of(run, marks.BEGUN):  # with the words of another text: unknown ones make it easier than the grammar's
        return lines
    if lines and text and text.sample and text.sample in SAMPLES and run_labels.config(run).tokenizer.level == "word":
        floor = _floor(text.sample, text.kind)
        lines += [Reference("floor", 0, floor)] if floor is not None else []
    return lines


@lru_cache(maxsize=8)
def _floor(sample_id: str, kind: str) -> float | None:
    """The true model's cross entropy on the validation sentences, nats per token."""
    grammar = SAMPLES[sample_id].grammar
    if grammar is None or kind != "lines":
        return None
    return grammar.cross_entropy(Corpus.from_text(SAMPLES[sample_id].text(), kind).validation.strip(ITEM_BREAK).split(ITEM_BREAK))


def name(line: Reference) -> str:
    """Short, for the end of a line in a chart."""
    return {
        "uniform": _("knowing nothing"),
        "unigram": _("counting tokens"),
        "bigram": _("counting pairs"),
        "ngram": _("counting {order} in a row").format(order=line.order),
        "floor": _("the true grammar"),
    }[line.name]


def ngram(order: int) -> str:
    """The name of a counting model."""
    return {1: _("1-gram"), 2: _("2-gram")}.get(order, _("{order}-gram").format(order=order))


def crossed(store: Store, run: Run, lines: list[Reference]) -> list[str]:
    """A sentence for each line that the validation loss has fallen below, in the order of the steps; of lines that were crossed
    between the same two evaluations one sentence, about the lowest."""
    evaluations = [(row.step, row.loss) for row in store.evaluations(run.id) if row.loss is not None]
    by_name = {line.name: line for line in lines}
    lowest = {}
    for crossing, step in crossings(evaluations, lines):
        line = by_name[crossing]
        if step not in lowest or line.loss < lowest[step].loss:
            lowest[step] = line
    last = evaluations[-1][1] if evaluations else 0.0
    said = {True: _("Step {step}: better than {line}."), False: _("Step {step}: better than {line}, but no longer.")}
    return [said[last < line.loss].format(step=f"{step:,}", line=name(line)) for step, line in lowest.items()]
