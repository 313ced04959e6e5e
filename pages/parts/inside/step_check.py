"""Three weights through a step: value, gradient, what the optimizer remembers, new value; and the gradient checked by moving the weight."""

import zlib

import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.inspection.step import Followed, Opened, WeightEntry, matrices, roles
from lmcore.runs.store.records import Run
from pages.parts.components.number_field import number_field
from pages.parts.inside import step_state
from pages.parts.inside.step_state import Start
from pages.parts.language import _

EPSILONS = tuple(10.0**-power for power in range(1, 16))
USUAL = 1e-4
CLOSE = 1e-3  # of the gradient: what is farther off gets a sentence
KEY = "inside.step.weight"


def epsilon() -> float:
    return st.session_state.get("inside.step.epsilon", USUAL)


def entries(run: Run, trained: TrainedModel, start: Start) -> tuple[WeightEntry, ...]:
    """The weights that are followed: three that the sentence moves much, until others are chosen."""
    usual = step_state.telling(run, trained, start)
    of, chosen = st.session_state.get(f"{KEY}.chosen", (None, ()))
    return chosen if of == start else usual


def show(trained: TrainedModel, start: Start, opened: Opened):
    st.subheader(_("⑥ Update: three weights, number by number"))
    st.caption(
        _(
            "Plain descent takes the step −η · gradient. Other optimizers remember earlier gradients and make another step of them; their "
            "memory begins empty here. A weight of the embedding, one of a matrix between, and one of the output layer:"
        )
    )
    st.dataframe(_table(opened), hide_index=True, key="inside.step.weights")
    _choose(trained, start, opened)
    st.markdown(f"**{_('Is the gradient right?')}**")
    st.caption(
        _(
            "Make the weight larger by ε and read the whole sentence again, then smaller by ε. The difference of both losses, divided "
            "by 2ε, must be the gradient: back-propagation computes this slope for all weights in a single pass."
        )
    )
    st.select_slider(
        "ε",
        EPSILONS[::-1],
        value=USUAL,
        format_func=lambda value: f"{value:.0e}",
        key="inside.step.epsilon",
        persist_state="session",
    )
    st.dataframe(_checks(opened), hide_index=True, key="inside.step.checks")
    for verdict in dict.fromkeys(map(_verdict, opened.followed)):
        st.caption(f"{_short(verdict)} — {_long(verdict)}")


def _table(opened: Opened) -> dict[str, list]:
    """A column a weight: from its value down to its new value."""
    memories = list(dict.fromkeys(name for one in opened.followed for name in one.memory))
    quantities = [
        _("Value"),
        _("Gradient"),
        *(_memory_names().get(name, name) for name in memories),
        _("Step taken"),
        _("New value"),
    ]
    columns = {
        named(one.entry): [one.value, one.gradient, *map(one.memory.get, memories), one.after - one.value, one.after]
        for one in opened.followed
    }
    written = {name: ["" if value is None else f"{value:.6g}" for value in values] for name, values in columns.items()}
    return {_("Weight"): quantities, **written}


def _memory_names() -> dict[str, str]:
    return {
        "exp_avg": _("Remembered: mean gradient m"),
        "exp_avg_sq": _("Remembered: mean square v"),
        "step": _("Remembered: steps"),
        "momentum_buffer": _("Remembered: momentum"),
    }


def _checks(opened: Opened) -> dict[str, list]:
    def written(values, digits: int) -> list[str]:
        return [f"{value:.{digits}g}" for value in values]

    followed = opened.followed
    return {
        _("Weight"): [named(one.entry) for one in followed],
        "L(w + ε)": written((one.nudged.higher for one in followed), 12),
        "L(w − ε)": written((one.nudged.lower for one in followed), 12),
        _("Difference / 2ε"): written((one.nudged.slope for one in followed), 9),
        _("Gradient"): written((one.gradient for one in followed), 9),
        _("Verdict"): [_short(_verdict(one)) for one in followed],
    }


def _verdict(one: Followed) -> str:
    """Return "same", "rounding" or "curved"."""
    off, scale = abs(one.nudged.slope - one.gradient), abs(one.gradient)
    rounding = one.nudged.rounding
    if off <= CLOSE * scale and rounding < scale:
        return "same"
    return "rounding" if rounding > CLOSE * scale / 10 else "curved"


def _short(verdict: str) -> str:
    return {"same": _("✓ the same"), "rounding": _("rounding"), "curved": _("ε too large")}[verdict]


def _long(verdict: str) -> str:
    return {
        "same": _("The same number, to at least three digits: the gradient is right."),
        "rounding": _(
            "ε is too small for this gradient: a number has 16 digits here, the two losses agree in almost all of them, and their "
            "difference is mostly rounding. Choose a larger ε; a gradient that is next to nothing cannot be checked so."
        ),
        "curved": _("On the way the loss curves, and the difference is its mean slope, not its slope here. Choose a smaller ε."),
    }[verdict]


def named(entry: WeightEntry) -> str:
    return f"{entry.name}[{', '.join(map(str, entry.index))}]"


def _choose(trained: TrainedModel, start: Start, opened: Opened):
    """Other weights, by name, row and column."""
    shapes = matrices(trained.network)
    titles = [_("Of the embedding"), *([_("Between")] if roles(trained.network)[1] else []), _("Of the output")]
    with st.expander(_("Follow other weights")):
        chosen = []
        for number, (one, title) in enumerate(zip(opened.followed, titles, strict=True)):
            columns = st.columns([2, 1, 1])
            key = f"{KEY}.{number}.{start.run_id}.{start.step}.{zlib.crc32(start.ids)}"
            names = list(shapes)
            name = columns[0].selectbox(title, names, index=names.index(one.entry.name), key=key)
            index = [
                number_field(label, 0, size - 1, default=min(usual, size - 1), key=f"{key}.{label}.{name}", container=column)
                for column, label, size, usual in zip(
                    columns[1:], (_("Row"), _("Column")), shapes[name], one.entry.index, strict=True
                )
            ]
            refused = any(value is None for value in index)
            chosen.append(one.entry if refused else WeightEntry(name, tuple(index)))
        if chosen != [one.entry for one in opened.followed]:
            st.session_state[f"{KEY}.chosen"] = (start, tuple(chosen))
            st.rerun()
