"""The view *How far to a large one?*: from this run to a GPT-2-grade model, GPT-3 and Llama 3.1. The visitor guesses first."""

import math

import streamlit as st

from lmcore import processor
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.limits import machine_bytes
from lmcore.runs.store.records import Run
from lmcore.scale import reference
from lmcore.scale.measured import Measured
from lmcore.scale.reference import Machine, Size
from pages.parts.components import plots
from pages.parts.components.number_field import number_field
from pages.parts.language import _, together
from pages.parts.run import charts
from pages.parts.scale import run_numbers, units

MODEL, SEEN = "scale.model", "scale.seen"
MOST_PRICE = 1e9
PRICE = 2.0  # of an H100 for an hour
THIS, MACHINES = 0, (0, 1, reference.NODE, reference.CLUSTER)  # this machine, and so many H100
LONG = units.YEAR
ROW = 42  # pixels
MARKS = 5  # on the ruler that are named
DAY = 86_400.0
BOUNDS = (
    3600.0,
    DAY,
    30 * DAY,
    units.YEAR,
    100 * units.YEAR,
    1e4 * units.YEAR,
    1e6 * units.YEAR,
    math.inf,
)  # of guesses, seconds


def show(run: Run, trained: TrainedModel):
    found = run_numbers.of_run(run, trained)
    here = found.machine(processor.cores(), machine_bytes())
    if here is None:
        st.info(_("Its speed is measured from its first step on."))
        return
    st.markdown(
        _(
            "*Can I train a large language model on my own computer?* The answer follows from three numbers of it and from what your run "
            "measured on this machine. **Guess first**, then look."
        )
    )
    names = model_names()
    model = st.segmented_control(
        _("Which one?"), list(names), format_func=names.get, default=reference.MODELS[0], key=MODEL, required=True
    )
    seen: dict[str, int | None] = st.session_state.setdefault(SEEN, {})
    if model not in seen:
        _guess(model, names[model], seen)
        return
    _answer(names[model], reference.size(model), here, seen[model])
    shown = [name for name in reference.MODELS if name in seen]
    _ruler(found, here, shown)
    _table(found, model, here)
    _can_i(shown, here)
    _sources()


def model_names() -> dict[str, str]:
    return {"nanochat": _("GPT-2 grade (nanochat, 2026)"), "gpt3": "GPT-3 (2020)", "llama": "Llama 3.1 405B (2024)"}


def _guess(model: str, name: str, seen: dict[str, int | None]):
    labels = guesses()
    guess = st.select_slider(
        _("How long would this machine train for {model}?").format(model=name),
        range(len(labels)),
        format_func=lambda index: labels[index],
        key=f"scale.guess.{model}",
    )
    row = st.container(horizontal=True)
    if row.button(_("That is my guess"), type="primary", key="scale.guessed", icon=":material/visibility:"):
        seen[model] = guess
        st.rerun()
    if row.button(_("Look without a guess"), type="tertiary", key="scale.look"):
        seen[model] = None
        st.rerun()


def guesses() -> list[str]:
    """In words, one for each of BOUNDS."""
    return [
        _("minutes"),
        _("hours"),
        _("days"),
        _("months"),
        _("years"),
        _("centuries"),
        _("hundreds of thousands of years"),
        _("millions of years"),
    ]


def _answer(name: str, size: Size, here: Machine, guess: int | None):
    seconds = here.seconds(size)
    words = _("{model} on this machine: **{time}**, with all {cores} cores at the pace of this run.").format(
        model=name, time=units.time(seconds), cores=processor.cores()
    )
    if guess is not None:
        right = next(index for index, bound in enumerate(BOUNDS) if seconds < bound)
        said = guesses()[guess]
        words = together(
            words,
            _("Your guess was right: {guess}.").format(guess=said)
            if guess == right
            else _("Your guess, {guess}, was too short.").format(guess=said)
            if guess < right
            else _("Your guess, {guess}, was too long.").format(guess=said),
        )
    st.info(words, icon=":material/schedule:")


def quantities() -> dict[str, str]:
    machines = machine_names()
    return {
        "operations": _("FLOPs"),
        "parameters": _("parameters"),
        "tokens": _("tokens"),
        "memory": _("memory"),
    } | {f"time {count}": _("time: {machine}").format(machine=machines[count]) for count in MACHINES}


def machine_names() -> dict[int, str]:
    return {
        THIS: _("this machine, all cores"),
        1: _("one H100"),
        **{n: _("{count} H100").format(count=f"{n:,}") for n in MACHINES[2:]},
    }


def machine(count: int, here: Machine) -> Machine:
    return here if count == THIS else reference.h100s(count)


def value(quantity: str, size: Size, here: Machine) -> float:
    """One quantity of a run."""
    name, _, count = quantity.partition(" ")
    return machine(int(count), here).seconds(size) if count else getattr(size, name)


def written(quantity: str, number: float) -> str:
    ways = {"operations": units.operations, "parameters": units.count, "tokens": units.count, "memory": units.memory}
    return ways.get(quantity, units.time)(number)


def _ruler(found: Measured, here: Machine, shown: list[str]):
    st.subheader(_("On one ruler"))
    labels = quantities()
    quantity = st.selectbox(_("Measure"), list(labels), format_func=labels.get, key="scale.quantity", width=340)
    short = {"nanochat": _("GPT-2 grade"), "gpt3": "GPT-3", "llama": "Llama 3.1 405B"}
    sizes = {_("this run"): found.size} | {short[model]: reference.size(model) for model in shown}
    values = [value(quantity, size, here) for size in sizes.values()]
    figure = charts.blank(80 + ROW * len(sizes), showlegend=False)
    figure.add_scatter(
        x=values,
        y=list(range(len(sizes))),
        mode="markers+text",
        marker={"size": 13, "color": [charts.PALETTE[1], *[charts.PALETTE[0]] * len(shown)]},
        text=[f"{name} · {written(quantity, number)}" for name, number in zip(sizes, values, strict=True)],
        textposition=["middle right", *["middle left"] * len(shown)],
        cliponaxis=False,
        hovertemplate="%{text}<extra></extra>",
    )
    low, high = (math.log10(bound) for bound in (min(values), max(values)))
    margin = max(1.0, 0.08 * (high - low))
    figure.update_xaxes(
        type="log",
        range=[low - margin, high + margin],
        exponentformat="power",
        dtick=max(1, math.ceil((high - low) / MARKS)),
        minor={"dtick": 1, "tick0": 0, "showgrid": True, "gridcolor": charts.GRID},
        tick0=0,
        tickangle=0,
        showgrid=True,
        fixedrange=True,
    )
    figure.update_yaxes(range=[len(sizes) - 0.5, -0.5], showticklabels=False, showgrid=False, fixedrange=True)
    figure.update_layout(margin={"l": 12})
    plots.show(figure, key="scale.ruler")
    st.caption(_("Each thin line is a power of ten: one line further to the right is ten times as much."))


def _table(found: Measured, model: str, here: Machine):
    """This run beside the chosen one: sizes, times and prices."""
    size, labels = reference.size(model), quantities()
    rows = [(value(quantity, found.size, here), value(quantity, size, here), quantity) for quantity in labels]
    st.subheader(_("This run beside {model}").format(model=model_names()[model]))
    st.dataframe(
        {
            _("Measure"): list(labels.values()),
            _("this run"): [written(quantity, own) for own, _large, quantity in rows],
            model_names()[model]: [written(quantity, large) for _own, large, quantity in rows],
            _("times"): [units.times(large / own) for own, large, _quantity in rows],
        },
        hide_index=True,
        key="scale.table",
    )
    st.caption(
        _(
            "Memory of the large ones: 16 bytes a parameter, for weights, gradients and Adam in float32; activations come on top. Times on "
            "H100s: at the share of peak that nanochat reached on up to eight of them ({small:.0%}), and Llama 3.1 405B on about 16,000 "
            "({large:.0%}). So small a network as yours could never keep one busy."
        ).format(small=reference.share_of_peak("nanochat"), large=reference.share_of_peak("llama"))
    )
    _cost(size)


def _cost(size: Size):
    price = number_field(
        _("Price of one H100 for an hour"), 0.0, MOST_PRICE, default=PRICE, key="scale.price", width=260,
        help=_("In the currency you like; the cost below is in the same."),
    )  # fmt: skip
    if price is None:
        return
    hours = {count: reference.h100s(count).seconds(size) * count / 3600 for count in MACHINES[1:]}
    words = _("At this price its training costs about {node} on up to eight H100, and {cluster} on {count} of them.")
    costs = {count: units.count(units.rounded(taken * price, 3)) for count, taken in hours.items()}
    st.markdown(words.format(node=costs[1], cluster=costs[reference.CLUSTER], count=f"{reference.CLUSTER:,}"))
    watts = reference.constant("h100", "power")
    words = _("At {watts:g} watts each, these processors take about {node} of energy, or {cluster}.")
    energies = {count: units.energy(taken * watts) for count, taken in hours.items()}
    st.markdown(words.format(watts=watts, node=energies[1], cluster=energies[reference.CLUSTER]))
    st.caption(_("For the processors alone, and for one run that succeeds: no data, no people, no failed tries."))


def _can_i(shown: list[str], here: Machine):
    st.subheader(_("Can I train it on my computer?"))
    for model in shown:
        size = reference.size(model)
        st.markdown(f"- **{model_names()[model]}** — {verdict(size, here)}")
    st.caption(_("This machine has {memory} of memory.").format(memory=units.memory(here.memory)))
    with st.expander(_("And on H100s?")):
        names = machine_names()
        columns = {
            names[count]: [verdict(reference.size(model), reference.h100s(count)) for model in shown] for count in MACHINES[1:]
        }
        st.dataframe({_("Model"): [model_names()[model] for model in shown], **columns}, hide_index=True, key="scale.verdicts")


def verdict(size: Size, on: Machine) -> str:
    """Whether a machine can train a run of this size, in one sentence."""
    seconds, too_small = on.seconds(size), on.times_too_small(size)
    if too_small > 1:
        return _("No: its memory is {times} times too small. With enough of it, it would take {time}.").format(
            times=f"{too_small:.1f}" if too_small < 10 else units.count(too_small), time=units.time(seconds)
        )
    if seconds > LONG:
        return _("In principle: it fits into the memory, and would be done in {time}.").format(time=units.time(seconds))
    return _("Yes: in {time}.").format(time=units.time(seconds))


def _sources():
    with st.expander(_("Where these numbers come from")):
        rows = reference.constants()
        st.dataframe(
            {
                _("Of"): [{**model_names(), "h100": "H100", "adam": "Adam", "chinchilla": "Chinchilla"}[row.of] for row in rows],
                _("Quantity"): [row.quantity for row in rows],
                _("Value"): [f"{row.value:.5g} {row.unit}".strip() for row in rows],
                _("Source"): [row.source for row in rows],
                _("Date"): [row.date for row in rows],
                _("Address"): [row.address for row in rows],
            },
            hide_index=True,
            key="scale.sources",
            column_config={_("Address"): st.column_config.LinkColumn()},
        )
        st.caption(
            _(
                "What GPT-2 itself took in 2019 is disputed, so it is not here: what stands here is a model of 2026 that does as well on the "
                "same tests."
            )
        )
