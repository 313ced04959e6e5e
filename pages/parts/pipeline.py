"""The pipeline at the top of a page: text → cutting → network → language model → probabilities, with the figures of this run or text."""

import math

import streamlit as st

from lmcore.runs.store.records import Run, Text
from lmcore.text.decoding import one_line
from pages.parts import links, number_format, texts, visitor
from pages.parts.language import _, literal
from pages.parts.run import run_labels, setting_labels

LIT = {  # the stations a page is about; with no run, a page about the language model is about the network it is to become
    "text": ("text", "cutting"),
    "train": ("network", "model"),
    "runs": (),
    "inside": ("network",),
    "scale": ("network",),
    "explore": ("probabilities",),
    "write": ("probabilities",),
    "compare": ("model",),
    "applications": ("probabilities",),
    "game": ("probabilities",),
}
NAME, CONTEXT = 24, 24  # characters
NONE = "…"  # where a station has no figures yet


def show(page: str) -> None:
    """Draw the strip where the address names a run or a text and the page is about it."""
    run, text = visitor.chosen_run(), visitor.chosen_text()
    if page not in LIT or run is None and text is None:
        return
    lit = ("network",) if page == "train" and run is None else ("model",) if page == "train" else LIT[page]
    found = stations(run, text)
    with st.container(key="pipeline", horizontal=True, vertical_alignment="top"):
        for name, (target, label, figures) in found.items():
            with st.container(key=f"pipeline-{name}{'-lit' if name in lit else ''}", gap=None, width="content"):
                if target is None:
                    st.caption(label)
                else:
                    links.page_link(target, label)
                st.caption(figures)
        if run is not None:
            with st.container(key="pipeline-leave", width="content"):
                links.page_link(page, _("Leave this run"), ":material/close:", help=_("Leave this run"), run=None, text=None)
    with st.container(key="pipeline-narrow"):  # a telephone has no room for the others
        st.caption(" · ".join(found[name][2] for name in lit or ("model",) if found[name][2] != NONE) or NONE)


def stations(run: Run | None, text: Text | None) -> dict[str, tuple[str | None, str, str]]:
    """Return {station: (page it leads to, its name, figures)} of a run, or of a text that none has been trained on yet."""
    return {
        "text": ("text" if text else None, _("text"), of_text(run, text)),
        "cutting": ("text" if text else None, _("cutting"), cutting(run) if run else NONE),
        "network": ("inside" if run else "train", _("network"), network(run) if run else NONE),
        "model": ("train", _("language model"), model(run) if run else NONE),
        "probabilities": ("explore" if run else None, _("probabilities"), probabilities(run) if run else NONE),
    }


def of_text(run: Run | None, text: Text | None) -> str:
    """
    Fables · 285 kB
    """
    known = text or (visitor.store().text(run.text_id) if run else None)
    if known is None:
        return NONE
    return f"{literal(one_line(texts.name(known), NAME))} · {size(known.bytes)}"


def size(number: int) -> str:
    """
    >>> size(900), size(284_600), size(49_300_000)
    ('1 kB', '285 kB', '49 MB')
    """
    return f"{number / 1e6:,.0f} MB" if number >= 1e6 else f"{math.ceil(number / 1e3):,} kB"


def cutting(run: Run) -> str:
    """
    words · 515 types
    """
    types = run_labels.vocabulary_size(visitor.data_folder(), run.id)
    level = setting_labels.option("level", run_labels.config(run).tokenizer.level)
    return level if types is None else f"{level} · " + _("{count} types").format(count=f"{types:,}")


def network(run: Run) -> str:
    """
    LSTM 192 · 230,000 parameters
    """
    from lmcore.models import parameter_count  # needs torch, which the first page does without

    types = run_labels.vocabulary_size(visitor.data_folder(), run.id)
    settings = run_labels.config(run).model
    if types is None:
        return run_labels.network(run)
    return f"{run_labels.network(run)} · " + _("{count} parameters").format(count=f"{parameter_count(settings, types):,}")


def model(run: Run) -> str:
    """
    674 steps · 1.02 nats · perplexity 2.8; of a run under way its status, as the strip does not follow its steps
    """
    text = visitor.store().text(run.text_id)
    name = texts.run_name(run)
    named = "" if text and texts.says_its_text(name, texts.name(text)) else f"{literal(one_line(name, NAME))} · "
    named += f"{setting_labels.option('loss_on', 'answer')} · " if run_labels.of_answers(run) else ""
    if run_labels.is_live(run):
        return named + _("under way")
    steps = named + _("{count} steps").format(count=f"{run.step:,}")
    if run.best_loss is None:
        return f"{steps} · {run_labels.status(run)}"
    perplexity = number_format.large(math.exp(min(run.best_loss, 700.0)))
    return f"{steps} · " + _("{loss:.2f} nats · perplexity {perplexity}").format(loss=run.best_loss, perplexity=perplexity)


def probabilities(run: Run) -> str:
    """
    … named Nell ▸
    """
    context = " ".join(run.pinned_context.split())
    return literal(("…" + context[-CONTEXT:].lstrip() if len(context) > CONTEXT else context) + " …") if context else NONE
