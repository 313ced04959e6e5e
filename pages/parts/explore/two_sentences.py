"""Two sentences beside each other: which is more likely, and which token paid for the difference."""

import difflib
import math
import random

import numpy as np
import streamlit as st

from lmcore.tokenizers import WordTokenizer
from pages.parts import number_format
from pages.parts.components import plots
from pages.parts.explore import chain
from pages.parts.language import _, current_language
from pages.parts.run import charts

Pair = tuple[int | None, int | None]  # places in the first and the second text


def align(first: list[int], second: list[int]) -> list[Pair]:
    """Which tokens of two texts stand for each other, in the order of the second.

    The same tokens in another order are paired one by one, each with the next like it. Otherwise what both have in common is paired
    (Ratcliff and Obershelp, 1988), what was replaced side by side, and what only one of them has stands alone.

    >>> align([1, 2, 3], [3, 1, 2])
    [(2, 0), (0, 1), (1, 2)]
    >>> align([1, 2, 3], [1, 4, 5, 3])
    [(0, 0), (1, 1), (None, 2), (2, 3)]
    """
    if sorted(first) == sorted(second):
        places: dict[int, list[int]] = {}
        for place, token_id in enumerate(first):
            places.setdefault(token_id, []).append(place)
        return [(places[token_id].pop(0), place) for place, token_id in enumerate(second)]
    pairs: list[Pair] = []
    for _tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        for offset in range(max(i_end - i, j_end - j)):
            pairs.append((i + offset if i + offset < i_end else None, j + offset if j + offset < j_end else None))
    return pairs


def differences(pairs: list[Pair], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(P,) bits that each pair costs more in the second text; their sum is the difference of the whole. first, second: bits a token."""
    return np.array([(0.0 if j is None else second[j]) - (0.0 if i is None else first[i]) for i, j in pairs])


def shuffled(text: str, random_numbers: random.Random) -> str:
    """The words of a text in another order; punctuation and spaces stay where they are. Unchanged where all words are the same.

    >>> shuffled("The cat, the dog.", random.Random(1))
    'dog The, the cat.'
    """
    _ids, starts, ends = WordTokenizer([]).offsets(text)
    spans = [(start, end) for start, end in zip(starts, ends, strict=True) if any(c.isalnum() for c in text[start:end])]
    words = [text[start:end] for start, end in spans]
    other = list(words)
    while other == words and len(set(words)) > 1:
        random_numbers.shuffle(other)
    parts, end = [], 0
    for (start, stop), word in zip(spans, other, strict=True):
        parts += [text[end:start], word]
        end = stop
    return "".join([*parts, text[end:]])


def show(run, trained, first, second, second_text: str):
    """first, second: `TextScore` of the two sentences under this run; second_text: the second, marked."""
    totals = [chain.total_of(score.log_probs) for score in (first, second)]
    st.subheader(_("The second sentence"))
    chosen = chain.coloured(trained, second, key="two.tokens")
    if chosen is not None:
        chain.one_hot(run, trained, second_text, second, chosen, key="two")
    say_which(first, second, totals)
    st.dataframe(totals_table(first, second, totals), hide_index=True, key="two.totals")
    pairs = align(first.ids.tolist(), second.ids.tolist())
    differ = differences(pairs, first.surprise, second.surprise)
    names = [pair_name(trained, first, second, pair) for pair in pairs]
    most = int(np.argmax(np.abs(differ)))
    if abs(differ[most]) >= 0.005:
        dearer = (
            _("Most of the difference comes from this token of the second sentence:")
            if differ[most] > 0
            else _("Most of the difference comes from this token of the first sentence:")
        )
        st.caption(dearer)
        st.text(f"{names[most]}   " + _("{value} bits").format(value=f"{differ[most]:+.2f}"))
    plots.show(charts.paid_for(names, differ, _("bits more in the second")), key="two.chart")
    with st.expander(_("Pair by pair")):
        st.dataframe(as_table(trained, first, second, pairs, differ), hide_index=True, key="two.table")


def say_which(first, second, totals: list[float]):
    gap = (totals[0] - totals[1]) / math.log(2)
    if gap == 0:
        st.info(_("Both are equally likely."))
        return
    ratio = number_format.amount(abs(totals[0] - totals[1]), current_language())
    said = (
        _("The first is {ratio} times as likely as the second: {bits:.1f} bits fewer.")
        if gap > 0
        else _("The second is {ratio} times as likely as the first: {bits:.1f} bits fewer.")
    )
    st.info(said.format(ratio=ratio, bits=abs(gap)))
    if len(first.ids) != len(second.ids):
        st.caption(
            _(
                "Each further token multiplies by another number below 1, so a longer sentence is mostly less likely. A token of the "
                "first costs {first:.2f} bits on average, one of the second {second:.2f}."
            ).format(first=float(first.surprise.mean()), second=float(second.surprise.mean()))
        )


def totals_table(first, second, totals: list[float]) -> dict[str, list]:
    """A row a sentence."""
    scores = (first, second)
    return {
        _("Sentence"): [_("the first"), _("the second")],
        _("Tokens"): [len(score.ids) for score in scores],
        _("Probability of the whole"): [number_format.format_probability_from_log(total) for total in totals],
        _("That is"): [number_format.one_in(total) for total in totals],
        _("Cross entropy (nats per token)"): [f"{score.cross_entropy:.3f}" for score in scores],
        _("Perplexity"): [f"{score.perplexity:,.1f}" for score in scores],
    }


def pair_name(trained, first, second, pair: Pair) -> str:
    names = [
        chain.texts(trained, [score.ids[place]])[0] if place is not None else "∅"
        for score, place in zip((first, second), pair, strict=True)
    ]
    return names[0] if names[0] == names[1] else f"{names[0]} → {names[1]}"


def as_table(trained, first, second, pairs, differ) -> dict[str, list]:
    def column(score, side: int, what):
        return ["" if pair[side] is None else what(score, pair[side]) for pair in pairs]

    def token(score, place):
        return chain.texts(trained, [score.ids[place]])[0]

    def cost(score, place):
        return f"{score.surprise[place]:.2f}"

    return {
        _("In the first"): column(first, 0, token),
        _("bits there"): column(first, 0, cost),
        _("In the second"): column(second, 1, token),
        _("bits here"): column(second, 1, cost),
        _("Difference"): [round(float(value), 2) for value in differ],
    }
