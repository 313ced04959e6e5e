"""The models that stand beside a run: knowing nothing, counting, other runs over the same vocabulary, the true grammar."""

import contextlib
from dataclasses import dataclass

import streamlit as st

from lmcore.errors import CheckpointError
from lmcore.inference.compared import ComparedModel
from lmcore.inference.trained import TrainedModel
from lmcore.models import NgramModel, UniformModel
from lmcore.models.ngram import LARGEST_K, SMOOTHINGS
from lmcore.runs.store.records import Run
from pages.parts import texts, visitor
from pages.parts.components.number_field import number_field
from pages.parts.explore import true_grammar
from pages.parts.language import _
from pages.parts.run import charts, model_cache, ngram_cache, reference_lines, run_labels, same_tokens

ORDERS = (1, 2, 3, 4, 5)
MOST_OTHERS = 4
OF_ORDERS = {1: "#E69F00", 2: "#D55E00", 3: "#CC79A7", 4: "#56B4E9", 5: "#009E73"}
OF_OTHER_RUNS = ("#8C564B", "#17BECF", "#BCBD22", "#E377C2")
OF_UNIFORM, OF_TRUTH = "#999999", "#7B4EA3"


@dataclass(frozen=True)
class Entry:
    """A compared model, with its name and how charts draw it."""

    name: str
    compared: ComparedModel
    first_shown: bool = True  # in charts: the others are one click away
    colour: str = charts.PALETTE[0]  # the same in every chart


def choose(run: Run, trained: TrainedModel) -> list[Entry]:
    """The knobs, and the models as they were set: this run first."""
    others = same_tokens.others(run)
    row = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    smoothing = row.selectbox(
        _("Smoothing of the counts"),
        SMOOTHINGS,
        format_func=lambda name: smoothing_names()[name],
        key="explore.smoothing",
        width=260,
        persist_state="session",
        help=_("Counts know nothing of what never happened. Smoothing takes a little probability from what was seen for it."),
    )
    k = 1.0
    if smoothing == "add-k":
        k = number_field(
            "k",
            0.001,
            LARGEST_K,
            default=1.0,
            step=0.5,
            key="explore.k",
            container=row,
            below=st,
            width=140,
            persist_state="session",
        )
    chosen = []
    if others:
        names = labels(others)
        chosen = row.multiselect(
            _("Beside other runs with the same tokens"),
            list(names),
            format_func=names.get,
            key=f"explore.others.{run.id}",
            max_selections=MOST_OTHERS,
            persist_state="session",
            placeholder=_("none"),
            width=420,
            wrap=True,
        )
        chosen = [(names[run_id], others[run_id]) for run_id in chosen]
    if ngram_cache.counts(visitor.data_folder(), run) is None:
        ngram_cache.explain_missing(run, "explore.count")
    return of_run(run, trained, smoothing, k, chosen)


def of_run(run: Run, trained: TrainedModel, smoothing: str = SMOOTHINGS[0], k: float | None = 1.0, others=()) -> list[Entry]:
    """k: None leaves the counting models out; others: (name, run) of more runs over the same vocabulary."""
    found = [Entry(_("this run"), ComparedModel(trained))]
    for (name, other), colour in zip(others, OF_OTHER_RUNS, strict=False):
        loaded = None
        with contextlib.suppress(CheckpointError):  # damaged meanwhile
            loaded = model_cache.load(visitor.data_folder(), other)
        if loaded is not None:
            found.append(Entry(name, ComparedModel(loaded), colour=colour))
    uniform = trained.with_model(UniformModel(trained.tokenizer.vocabulary_size))
    found.append(Entry(_("uniform"), ComparedModel(uniform, memory=0), first_shown=False, colour=OF_UNIFORM))
    counts = ngram_cache.counts(visitor.data_folder(), run)
    for order in ORDERS:
        if counts is None or k is None:
            break
        model = trained.with_model(NgramModel(counts, order, smoothing, k))
        found.append(Entry(reference_lines.ngram(order), ComparedModel(model, order - 1), order in (2, 5), OF_ORDERS[order]))
    if (grammar := true_grammar.of_run(run, trained)) is not None:
        found.append(Entry(_("the true grammar"), ComparedModel(grammar), colour=OF_TRUTH))
    return found


def smoothing_names() -> dict[str, str]:
    return {"kneser-ney": "Kneser–Ney", "add-k": _("add k to every count"), "none": _("none: the bare counts")}


def labels(runs: dict) -> dict[str, str]:
    """{id: name}, each name once, and none that another column has."""
    taken = {_("this run"), _("uniform"), _("the true grammar"), *(f"{order}-gram" for order in ORDERS)}
    of = {run.id: visitor.store().text(run.text_id) for run in runs.values()}
    plain = [(texts.name(of[run.id]) if run.owner is None and of[run.id] else run.name)[:40] for run in runs.values()]
    return dict(zip(runs, run_labels.distinct(plain, taken), strict=True))
