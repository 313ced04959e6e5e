"""One context, one table: a column a model, a row a token, whatever the models are."""

import math
from itertools import groupby

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.inference import probability
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from pages.parts.components import plots, token_names
from pages.parts.components.token_names import visible
from pages.parts.explore import model_lineup, next_words
from pages.parts.explore.model_lineup import Entry
from pages.parts.language import _
from pages.parts.number_format import format_probability
from pages.parts.run import charts, model_cache

ROWS = 20
IN_CHART = 10


def show(run: Run, trained: TrainedModel, context: str):
    st.subheader(_("The same context under every model"))
    entries = model_lineup.choose(run, trained)
    ids = next_words.ids_of(trained, context)
    with model_cache.asking():
        found = [(entry, log_probs) for entry in entries if (log_probs := entry.compared.next_log_probs(ids)) is not None]
    names = [entry.name for entry, _log_probs in found]
    if len(found) < len(entries):
        st.caption(
            _("No sentence of the grammar that wrote the training text begins like this, so there is no true probability.")
        )
    sort = st.selectbox(_("Most likely tokens of"), names, key=f"explore.sort.{run.id}", persist_state="session")
    by = names.index(sort) if sort in names else 0
    order = np.argsort(-found[by][1], kind="stable")
    shown = order[:ROWS]
    guesses = [int(log_probs.argmax()) for _entry, log_probs in found]
    names_of = token_names.next_names(trained.tokenizer, ids, [*shown.tolist(), *guesses])
    plots.show(
        charts.next_token_by_model(
            [names_of[token_id] for token_id in shown[:IN_CHART].tolist()],
            {entry.name: np.exp(log_probs[shown[:IN_CHART]]) for entry, log_probs in found},
            {entry.name for entry, _log_probs in found if entry.first_shown} | {names[by]},
            {entry.name: entry.colour for entry, _log_probs in found},
            _("probability of the next token"),
        ),
        key="explore.by_model",
    )
    st.dataframe(styled(as_frame(names_of, found, shown)), hide_index=True, key="explore.table", column_config=pinned())
    st.caption(_("Choose the head of a column to sort these {count} tokens by it.").format(count=len(shown)))
    st.dataframe(summary(trained, found, shown, ids, names_of), hide_index=True, key="explore.summary")
    explain(entries, found)


def as_frame(names_of: dict[int, str], found, shown: np.ndarray) -> pd.DataFrame:
    """(R, 1 + models) numbers, so that a browser sorts them as such."""
    columns = {_("Token"): [visible(names_of[token_id]) for token_id in shown.tolist()]}
    return pd.DataFrame({**columns, **{entry.name: np.exp(log_probs[shown]) for entry, log_probs in found}})


def styled(frame: pd.DataFrame):
    """Probabilities are numbers that are shown as `format_probability` writes them."""
    return frame.style.format(format_probability, subset=list(frame.columns[1:]))


def pinned() -> dict:
    return {_("Token"): st.column_config.TextColumn(pinned=True)}


def summary(trained: TrainedModel, found, shown: np.ndarray, ids: np.ndarray, names_of: dict[int, str]) -> dict[str, list]:
    """A row a model: its first guess, its entropy, what is left for all other tokens, how far it is from the truth."""
    rows = []
    true = next((log_probs for entry, log_probs in found if entry.compared.is_truth), None)
    for entry, log_probs in found:
        best = int(log_probs.argmax())
        row = {
            _("Model"): entry.name,
            _("Reads of the context"): read_by(trained, entry, ids),
            _("Most likely"): "—" if is_even(log_probs) else visible(names_of[best]),
            _("Probability"): format_probability(math.exp(log_probs[best])),
            _("Entropy (bits)"): f"{float(probability.entropy(log_probs)) / math.log(2):.2f}",
            _("The other {count} tokens").format(count=f"{len(log_probs) - len(shown):,}"): format_probability(
                rest(log_probs, shown)
            ),
        }
        if true is not None:
            row[_("KL from the truth (bits)")] = bits(probability.divergence(true, log_probs) / math.log(2))
        rows.append(row)
    return {name: [row[name] for row in rows] for name in rows[0]}


def is_even(log_probs: np.ndarray) -> bool:
    """Whether no token is likelier than another."""
    return float(np.ptp(log_probs)) == 0


def rest(log_probs: np.ndarray, shown: np.ndarray) -> float:
    """The probability of all tokens that are not shown, summed: not what is left of 1, which rounds to 0 or below."""
    others = np.ones(len(log_probs), dtype=bool)
    others[shown] = False
    return float(np.exp(log_probs[others]).sum())


def bits(value: float) -> str:
    """
    >>> bits(float("inf")), bits(0.12345)
    ('∞', '0.123')
    """
    return "∞" if value == math.inf else f"{value:.3f}"


def read_by(trained: TrainedModel, entry: Entry, ids: np.ndarray) -> str:
    if not len(ids):
        return _("nothing: the beginning")
    if entry.compared.is_truth or entry.compared.memory is None:
        return _("all {count} tokens").format(count=len(ids))
    if entry.compared.memory == 0:
        return _("nothing")
    last = ids[-entry.compared.memory :]
    return f"{min(len(ids), entry.compared.memory)}/{len(ids)}: {readable(trained, last)}"


def readable(trained: TrainedModel, ids) -> str:
    """Tokens as they stand in a text, a beginning of an item and an unknown one with their names."""
    tokenizer = trained.tokenizer
    named, parts = {tokenizer.begin_id, tokenizer.unknown_id}, []
    for has_name, group in groupby(zip(ids, tokenizer.texts(ids), strict=True), key=lambda pair: pair[0] in named):
        if has_name:
            parts += [token_names.spelled(tokenizer.vocabulary[token_id]) for token_id, _text in group]
        else:
            text = "".join(text for _token_id, text in group)
            parts.append(text.removeprefix(" ") if parts else text)
    return " ".join(parts).replace("\n", "⏎")


def explain(entries: list[Entry], found):
    """What the numbers above mean, as far as they need a word."""
    st.caption(
        _(
            "An n-gram model counts: it knows the last n − 1 tokens and nothing before them. “k/m” says how many of the "
            "m tokens of the context a model can use. The network has read them all."
        )
    )
    if any(np.isneginf(log_probs).any() and not entry.compared.is_truth for entry, log_probs in found):
        st.caption(
            _(
                "Without smoothing, a token that never followed these tokens in the training text is impossible: its probability "
                "is exactly 0, and one such token makes the perplexity of a whole text infinite."
            )
        )
    if any(entry.compared.is_truth for entry in entries):
        st.caption(
            _(
                "A grammar wrote the training text, so the true probabilities are known. The KL divergence counts the bits a token "
                "that are lost by believing a model instead: 0 for the truth itself, ∞ where a model rules out what can come."
            )
        )
