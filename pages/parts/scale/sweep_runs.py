"""The visitor's runs that make a sweep: found in the store by their settings, planned within what this server allows, and started."""

from dataclasses import dataclass

import streamlit as st

from lmcore import processor
from lmcore.config import RunConfig
from lmcore.errors import LimitError, TextError, TextNotFound
from lmcore.models import parameter_count
from lmcore.runs.queue import scheduling
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.scale import sweep
from lmcore.text.decoding import one_line
from pages.parts import texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, together
from pages.parts.run import run_labels, starting
from pages.parts.scale import units

MINUTES = (1, 2, 5, 10, 20)  # of a whole sweep
TOLERANCE = 1.01  # times the minutes
ENDED = ("finished", "stopped")


@dataclass(frozen=True)
class Plan:
    """A sweep as it would be started."""

    configs: list[RunConfig]
    seconds: list[float]  # of each run, estimated

    @property
    def steps(self) -> int:
        return round(self.configs[-1].training.stop_after)


def found(run: Run, way: str) -> list[Run]:
    """The visitor's runs that are points of a sweep of this run, the smallest first, one for each point: a finished one, or the newest.

    Sizes can only be compared after equally many steps: as many as this run has, where it is one of them; else the sweep with most
    points, the newest of these.
    """
    owner, settings = visitor.current(), run_labels.config(run)
    runs = [
        other
        for other in (visitor.store().runs(owner) if owner else [])
        if other.text_id == run.text_id and sweep.belongs(settings, other.requested, way) and _is_ordinary(other)
    ]
    if way == "size" and runs:
        of_steps: dict[float, list[Run]] = {}
        for other in runs:
            of_steps.setdefault(other.requested.training.stop_after, []).append(other)
        own = next((other.requested.training.stop_after for other in runs if other.id == run.id), None)
        runs = of_steps[own] if own else max(of_steps.values(), key=lambda group: len({_place(other) for other in group}))
    points: dict[tuple, Run] = {}
    for other in runs:  # the newest first
        if _place(other) not in points or (other.shown_status in ENDED and points[_place(other)].shown_status not in ENDED):
            points[_place(other)] = other
    return [points[place] for place in sorted(points)]


def _is_ordinary(run: Run) -> bool:
    """Whether its loss is that of its settings: it began with random weights, its rate was left alone, and it has not failed."""
    return run.status != "failed" and marks.values_of(run, marks.BEGUN) is None and len(marks.rates(run)) == 1


def _place(run: Run) -> tuple[float, ...]:
    return run.requested.model.hidden_size, run.requested.training.stop_after


def plan(run: Run, way: str, vocabulary_size: int, total: float) -> Plan:
    """total: seconds of all runs together."""
    measured = run_labels.config(run)
    peak = processor.peak(measured.training.precision if measured.training.precision != "auto" else "float32")

    def step_seconds(configs: list[RunConfig]) -> list[float]:
        a_step = run.seconds / max(1, run.step)
        return [sweep.step_seconds(config, vocabulary_size, measured, a_step, peak) for config in configs]

    tried = sweep.runs(measured, way, 1_000_000)
    configs = sweep.runs(measured, way, sweep.longest_steps(tried, total, step_seconds(tried)))
    seconds = [
        config.training.stop_after * a_step + sweep.BESIDE for config, a_step in zip(configs, step_seconds(configs), strict=True)
    ]
    return Plan(configs, seconds)


def plans(run: Run, way: str, vocabulary_size: int) -> dict[float, Plan]:
    """{minutes: plan}: those in which even the shortest run learns something; where none is long enough, the shortest that does."""
    planned = {float(minutes): plan(run, way, vocabulary_size, minutes * 60.0) for minutes in MINUTES}
    long_enough = {minutes: one for minutes, one in planned.items() if sum(one.seconds) <= TOLERANCE * minutes * 60.0}
    return long_enough or {sum(one.seconds) / 60.0: one for one in planned.values()}


def rest_of(run: Run, way: str, vocabulary_size: int, points: list[Run]) -> Plan | None:
    """What a sweep that was begun still lacks; None where it is whole, or was not begun."""
    if not points or len(points) >= len(sweep.SIZES):
        return None
    steps = max(round(point.requested.training.stop_after) for point in points)
    have = {_place(point) for point in points}
    configs = sweep.runs(run_labels.config(run), way, steps)
    missing = [config for config in configs if (config.model.hidden_size, config.training.stop_after) not in have]
    whole = plan(run, way, vocabulary_size, 60.0)
    a_step = {config.model.hidden_size: took / config.training.stop_after for config, took in zip(whole.configs, whole.seconds, strict=True)}  # fmt: skip
    return Plan(missing, [config.training.stop_after * a_step[config.model.hidden_size] + sweep.BESIDE for config in missing])


def offer(run: Run, planned: Plan, way: str, label: str, key: str):
    """Say what a sweep takes before it is begun, and the button; where this server does not allow it, what would fit."""
    store, owner = visitor.store(), visitor.current()
    total, longest = sum(planned.seconds), max(planned.seconds)
    values = " · ".join(f"{value(config, way):,}" for config in planned.configs)
    said = (
        _("{count} runs of {steps} steps each, with {values} hidden units: about {total} of training in all.")
        if way == "size"
        else _("{count} runs, of {values} steps: about {total} of training in all.")
    ).format(count=len(planned.configs), steps=f"{planned.steps:,}", values=values, total=units.time(total))
    queue = scheduling.look(store)
    others = sum(entry.owner not in (owner, None) for entry in (*queue.training, *queue.waiting))
    turns = (
        _("Runs of others that train or wait here: {count}. You take turns with them, so it takes longer.").format(count=others)
        if others
        else _("This server trains {count} at once, so you wait about {wait}.").format(
            count=store.limits.places, wait=units.time(max(longest, total / store.limits.places))
        )
    )
    st.markdown(together(said, turns))
    most = store.limits.seconds_per_run
    if most is not None and longest > most:
        st.warning(
            _(
                "The longest of these runs would train for {longest}, and a run may take {most} here: together they may take about {fits}."
            ).format(longest=units.time(longest), most=units.time(most), fits=units.time(total * most / longest))
        )
        return
    free = store.more_runs(owner)
    if not free:
        try:
            store.check_start(owner)
        except LimitError as error:
            st.warning(sentence(error.code, error.values))
        return
    if free < len(planned.configs):
        st.caption(
            _(
                "You may have {free} more runs waiting now. The others can be trained when these have finished: come back to this page."
            ).format(free=free)
        )
        label = _("Train {count} of them").format(count=free)
    if st.button(label, type="primary", icon=":material/model_training:", key=key):
        _start(run, planned.configs[::-1][:free], way)


def value(config: RunConfig, way: str) -> int:
    """What is swept."""
    return config.model.hidden_size if way == "size" else round(config.training.stop_after)


def value_words(config: RunConfig, way: str) -> str:
    """What is swept, with its unit."""
    words = _("{count} hidden units") if way == "size" else _("{count} steps")
    return words.format(count=f"{value(config, way):,}")


def _start(run: Run, configs: list[RunConfig], way: str):
    """Queue the runs, the longest first; what this server cannot take gets its sentence."""
    store = visitor.store()
    text = store.text(run.text_id)
    try:
        store.check_text_file(run.text_id)
        for config in configs:
            starting.queue(text, config, _name(text, config, way), run.pinned_context)
    except (LimitError, TextError, TextNotFound) as error:
        st.error(sentence(error.code, error.values))
        return
    finally:
        visitor.pool().wake()
    st.rerun()


def _name(text, config: RunConfig, way: str) -> str:
    name = one_line(texts.name(text), 60).rstrip(starting.ENDINGS)
    return _("{text}, {value}").format(text=name, value=value_words(config, way))


def may_train(run: Run) -> bool:
    """Whether this visitor may train on the text of a run."""
    text = visitor.store().text(run.text_id)
    return visitor.may_read(text) and text.deleted is None


def ended(run: Run) -> bool:
    """Whether a run is a point: it has ended with a validation loss, and its tokenizer can be read."""
    return run.shown_status in ENDED and run.best_loss is not None and amount(run, "size") is not None


def amount(run: Run, way: str) -> float | None:
    """The x of a point: parameters, or tokens read; None where its tokenizer is damaged."""
    if way == "amount":
        return float(run.tokens)
    types = run_labels.vocabulary_size(visitor.data_folder(), run.id)
    return None if types is None else float(parameter_count(run_labels.config(run).model, types))
