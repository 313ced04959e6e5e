"""Two sentences beside each other on a page: which is more likely, and which token paid for the difference.

Which tokens stand for each other is `lmcore.inference.alignment`.
"""

import math

import numpy as np
import streamlit as st

from lmcore.inference.alignment import Pair, align, differences
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from pages.parts import number_format
from pages.parts.components import plots
from pages.parts.explore import chain
from pages.parts.language import _, current_language
from pages.parts.run import charts


def show(run: Run, trained: TrainedModel, first, second, second_text: str):
    """first, second: `TextScore` of the two sentences under this run; second_text: the second, marked."""
    totals = [score.total for score in (first, second)]
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


def pair_name(trained: TrainedModel, first, second, pair: Pair) -> str:
    names = [
        chain.texts(trained, [score.ids[position]])[0] if position is not None else "∅"
        for score, position in zip((first, second), pair, strict=True)
    ]
    return names[0] if names[0] == names[1] else f"{names[0]} → {names[1]}"


def as_table(trained: TrainedModel, first, second, pairs, differ) -> dict[str, list]:
    def column(score, side: int, what):
        return ["" if pair[side] is None else what(score, pair[side]) for pair in pairs]

    def token(score, position):
        return chain.texts(trained, [score.ids[position]])[0]

    def cost(score, position):
        return f"{score.surprise[position]:.2f}"

    return {
        _("In the first"): column(first, 0, token),
        _("bits there"): column(first, 0, cost),
        _("In the second"): column(second, 1, token),
        _("bits here"): column(second, 1, cost),
        _("Difference"): [round(float(value), 2) for value in differ],
    }
