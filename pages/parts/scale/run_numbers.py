"""The view *My run in numbers*: its parts, what they cost, its speed, memory and energy."""

import plotly.graph_objects as go
import streamlit as st

from lmcore import processor
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.scale import reference
from lmcore.scale.measured import Measured
from lmcore.scale.parts import Part
from pages.parts.components import plots
from pages.parts.components.number_field import number_field
from pages.parts.language import _, together
from pages.parts.run import charts, run_labels
from pages.parts.scale import units

MOST_WATTS = 1e6
WATTS = 15.0  # a core of a server or of a laptop, with its share of the rest, about
BAR, NAME = 110, 16  # pixels of a figure of bars; of a name in its legend, on a telephone one below the other


def of_run(run: Run, trained: TrainedModel) -> Measured:
    return Measured.of(run_labels.config(run), trained.tokenizer.vocabulary_size, run.tokens, run.seconds)


def show(run: Run, trained: TrainedModel):
    found = of_run(run, trained)
    row = st.container(horizontal=True, gap="medium")
    for label, value in {
        _("Parameters"): f"{found.parameters:,}",
        _("FLOPs a token"): units.prefixed(found.operations_per_token),
        _("Tokens read"): f"{found.tokens:,}",
        _("FLOPs in all"): units.prefixed(found.operations),
        _("Time of its steps"): units.time(found.seconds),
    }.items():
        row.metric(label, value, width=170)
    st.caption(
        _(
            "FLOPs are floating-point operations: a product or a sum of two numbers. A weight that is multiplied takes 2 of them forward "
            "and 4 backward for each token, so about 6 N a token for N such weights. Looking up an embedding multiplies nothing. "
            "Validation and samples are not counted."
        )
    )
    if run_labels.of_answers(run):
        st.caption(_("Answers alone count in this run, so its output layer multiplies less often than is counted here."))
    st.subheader(_("Its parts"))
    plots.show(_stack([_parameters_row(found), _operations_row(found)]), key="scale.parts")
    numbers = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        _table(found),
        hide_index=True,
        key="scale.parts.table",
        column_config={_("Parameters"): numbers, _("FLOPs a token"): numbers},
    )
    if found.config.model.tied:
        st.caption(_("Weights are tied: the output multiplies the matrix of the embedding, which is counted there."))
    _speed(found)
    st.subheader(_("Its memory while it trains"))
    words = memory_words()
    plots.show(_stack([(_("memory"), [(words[name], size, units.memory(size)) for name, size in found.memory_parts.items()])]), key="scale.memory")  # fmt: skip
    st.dataframe(
        {
            _("Memory"): [words[name] for name in found.memory_parts],
            _("Size"): [units.memory(size) for size in found.memory_parts.values()],
            _("Share"): [f"{size / found.memory:.1%}" for size in found.memory_parts.values()],
        },
        hide_index=True,
        key="scale.memory.table",
    )
    st.caption(
        _("About {memory} together, an estimate for a maximum; Python and torch take about 200 MB more.").format(
            memory=units.memory(found.memory)
        )
    )
    _energy(found)


def _speed(found: Measured):
    """How fast it was, and how much of the processor that is."""
    if found.speed is None:
        st.info(_("Its speed is measured from its first step on."))
        return
    peak = processor.peak(found.config.training.precision if found.config.training.precision != "auto" else "float32")
    st.markdown(
        _(
            "It trained at **{speed}**, which is **{share}** of what {threads} of this machine's cores can do at most in {precision}: "
            "{peak} in products of large matrices, measured on this server."
        ).format(
            speed=units.speed(found.speed),
            share=f"{found.share_of_peak(peak):.1%}",
            threads=found.config.training.threads,
            precision=found.config.training.precision,
            peak=units.speed(peak * found.config.training.threads),
        )
    )
    st.caption(
        _(
            "The rest goes into waiting: small matrices, one token after another, memory, and other runs on the same machine. Large runs on "
            "graphics processors reach 35 to 50%."
        )
    )


def _energy(found: Measured):
    st.subheader(_("Its energy"))
    watts = number_field(
        _("Watts of this machine while it trains"), 0.0, MOST_WATTS, default=WATTS, key="scale.watts", width=260,
        help=_("A guess that you can change: a laptop takes 15 to 60 watts, a server a few hundred for many cores."),
    )  # fmt: skip
    if watts is None:
        return
    used = found.watt_hours(watts)
    words = _("Estimate from {watts:g} watts: **{energy}**.").format(watts=watts, energy=units.energy(used))
    gpt3 = reference.constant("gpt3", "energy") * 1e6
    if used > 0:
        compared = _("Training GPT-3 is estimated at {energy}, {times} times as much.")
        words = together(words, compared.format(energy=units.energy(gpt3), times=units.times(gpt3 / used)))
    st.markdown(words)
    st.caption(_("A processor in a virtual machine has no meter that can be read, so nothing here is measured but the time."))


def _parameters_row(found: Measured):
    return _("parameters"), [(part_name(part), part.parameters, f"{part.parameters:,}") for part in found.parts]


def _operations_row(found: Measured):
    return _("FLOPs"), [(part_name(part), part.operations, units.operations(part.operations)) for part in found.parts]


def _stack(rows: list[tuple[str, list[tuple[str, float, str]]]]) -> go.Figure:
    """Bars of shares, one below the other. rows: (name, [(part, size, in words), …])."""
    names = list(dict.fromkeys(name for _row, found in rows for name, _size, _words in found))
    figure = charts.blank(BAR + 45 * len(rows) + NAME * len(names), barmode="stack", bargap=0.35)
    for number, name in enumerate(names):
        pieces = [
            (row, size / (sum(other for _name, other, _said in found) or 1), words)
            for row, found in rows
            for each, size, words in found
            if each == name
        ]
        figure.add_bar(
            y=[row for row, _share, _words in pieces],
            x=[share for _row, share, _words in pieces],
            customdata=[words for _row, _share, words in pieces],
            orientation="h",
            name=charts.plain(name),
            marker_color=charts.PALETTE[number % len(charts.PALETTE)],
            marker_pattern_shape=("", "/", ".", "x")[number // len(charts.PALETTE) % 4],
            hovertemplate=f"{charts.plain(name)}: %{{customdata}} (%{{x:.1%}})<extra></extra>",
        )
    figure.update_xaxes(tickformat=".0%", range=[0, 1], fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    figure.update_layout(legend={"x": 0, "xanchor": "left", "traceorder": "normal"}, showlegend=True, margin={"l": 90})
    return figure


def _table(found: Measured) -> dict[str, list]:
    return {
        _("Part"): [*map(part_name, found.parts), _("all")],
        _("Parameters"): [*(part.parameters for part in found.parts), found.parameters],
        _("FLOPs a token"): [*(part.operations for part in found.parts), found.operations_per_token],
    }


def part_name(part: Part) -> str:
    words = {
        "embedding": _("embedding"),
        "lift": _("embedding to hidden size"),
        "input": _("input to the gates"),
        "state": _("state to the gates"),
        "bias": _("biases"),
        "attention": _("attention"),
        "feed_forward": _("feed-forward"),
        "output": _("output"),
        "other": _("other weights"),
    }[part.name]
    return words if part.layer is None else _("layer {layer}: {part}").format(layer=part.layer + 1, part=words)


def memory_words() -> dict[str, str]:
    return {
        "weights": _("weights"),
        "gradients": _("gradients of the weights"),
        "optimizer": _("what the optimizer keeps"),
        "copies": _("copies while a step is computed and a file written"),
        "activations": _("activations"),
        "logits": _("logits"),
    }
