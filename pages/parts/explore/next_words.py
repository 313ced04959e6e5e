"""The distribution of the next token as clickable bars, a table and a sentence: on Home, Train and Explore alike."""

import math
import os

import numpy as np
import streamlit as st

from lmcore.inference import probability, sampling
from lmcore.inference.top_tokens import TopTokens
from lmcore.inference.trained import TrainedModel
from lmcore.tokenizers import Tokenizer
from pages.parts.components import token_names
from pages.parts.components.next_token_bars import labels, next_token_bars
from pages.parts.components.token_names import visible
from pages.parts.language import _, together
from pages.parts.number_format import digits, format_probability
from pages.parts.run import input_checks, model_cache

TOP = 20
LONGEST = input_checks.MOST  # characters of a context, its last ones
KEPT = 8  # contexts


def ids_of(trained: TrainedModel, context: str) -> np.ndarray:
    """(T,) ids of a context: those that were kept for it, else as the tokenizer cuts what a visitor typed."""
    context = context[-LONGEST:]
    tokenizer, ids = st.session_state.get("context.ids", {}).get(context, (None, None))
    return ids if tokenizer is trained.tokenizer else trained.encode(context)


def keep(trained: TrainedModel, context: str, ids: np.ndarray):
    """These are the ids of a context: a text alone does not say them, as where it ends in a part of a character."""
    kept = st.session_state.setdefault("context.ids", {})
    kept.pop(context[-LONGEST:], None)
    kept[context[-LONGEST:]] = trained.tokenizer, ids
    if len(kept) > KEPT:
        del kept[next(iter(kept))]


def appended(trained: TrainedModel, context: str, token_id: int) -> str:
    """A context with one token more, whose ids are kept."""
    ids = ids_of(trained, context)
    before, after = trained.written(ids), trained.written([*ids, token_id])
    same = len(os.path.commonprefix([before, after]))
    added = after[same:]
    if context[-1:].isspace() and trained.tokenizer.level == "word" or not context:
        added = added.lstrip(" ") or added
    elif trained.tokenizer.level == "subword":
        context = context.removesuffix(" ")  # it is the beginning of the next token
    context = context.removesuffix(before[same:]) + added
    keep(trained, context, np.append(ids, token_id))
    return context


def ask(trained: TrainedModel, context: str) -> np.ndarray:
    """(V,) log-probabilities of the token after a context."""
    with model_cache.asking():
        return trained.next_token(ids_of(trained, context)).log_probs


def show(
    trained: TrainedModel,
    context_key: str,
    *,
    key: str,
    top: int = TOP,
    settings: sampling.Sampling | None = None,
    table: bool = False,
):
    """Bars for the context in session state; a click appends the token to it."""

    def append():
        clicked = st.session_state[key].clicked
        if clicked is not None:
            st.session_state[context_key] = appended(trained, st.session_state[context_key], int(clicked))

    log_probs = ask(trained, st.session_state[context_key])
    context = ids_of(trained, st.session_state[context_key])
    rows, rest = top_rows(trained.tokenizer, log_probs, settings, top, context)
    next_token_bars(rows, rest, key=key, labels=labels(), on_click=append)
    st.caption(entropy_sentence(log_probs, settings))
    if table:
        with st.expander(_("The same as a table")):
            st.dataframe(as_table(rows, rest), hide_index=True, key=f"{key}.table")
    return log_probs


def top_rows(
    tokenizer: Tokenizer, log_probs: np.ndarray, settings: sampling.Sampling | None, top: int, context: np.ndarray | tuple = ()
) -> tuple[list[dict], dict]:
    """The most likely tokens before and after temperature, top-k and top-p; and all the others as one. context: ids before them."""
    settings = settings or sampling.Sampling()
    changed = settings != sampling.Sampling()
    found = TopTokens.of(log_probs, sampling.adjust(log_probs, settings) if changed else log_probs, top)
    return found.rows(token_names.next_names(tokenizer, context, found.ids), top, changed)


def entropy_sentence(log_probs: np.ndarray, settings: sampling.Sampling | None = None) -> str:
    entropy = float(probability.entropy(log_probs))
    worded = (
        _("Entropy below 0.01 bits: practically certain.")
        if entropy < 0.01 * math.log(2)
        else _("Entropy {bits:.2f} bits: as uncertain as an even choice among {choices:.1f} tokens.")
    )
    said = worded.format(bits=entropy / math.log(2), choices=math.exp(entropy))
    if settings is None or settings == sampling.Sampling():
        return said
    after = float(probability.entropy(sampling.adjust(log_probs, settings)))
    return together(
        said,
        _("After temperature, top-k and top-p: {bits:.2f} bits, {choices:.1f} tokens.").format(
            bits=after / math.log(2), choices=math.exp(after)
        ),
    )


def as_table(rows: list[dict], rest: dict) -> dict[str, list]:
    """Columns for st.dataframe."""
    columns = {
        _("Rank"): [str(rank) for rank in range(1, len(rows) + 1)] + [""],
        _("Token"): [visible(row["text"]) for row in rows] + [labels()["rest"].format(count=rest["count"])],
        _("Probability"): [format_probability(row["p"]) for row in (*rows, rest)],
    }
    if rest.get("q") is not None:
        columns[_("After")] = [format_probability(row["q"]) for row in (*rows, rest)]
    columns["−log₂ P"] = [f"{digits(-math.log2(row['p'])):g}" if row["p"] > 0 else "∞" for row in (*rows, rest)]
    return columns
