"""A run as it trains: the curve that grows in place, its figures, a sample, the bars of one pinned context, the controls."""

import math
import time
from itertools import count
from typing import cast

import streamlit as st

from lmcore.config import TrainingConfig, bounds
from lmcore.errors import LossNotFinite, TextChanged, TextMissing
from lmcore.runs.queue import scheduling
from lmcore.runs.queue.heartbeat import NO_PROGRESS_SECONDS
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import RESUMABLE
from lmcore.training.diagnosis import AVERAGED
from pages.parts import number_format, texts, visitor
from pages.parts.components import plain_bars
from pages.parts.components.live_chart import live_chart
from pages.parts.components.number_field import number_field
from pages.parts.language import _, together
from pages.parts.run import charts, curve_summary, guard, reference_lines, run_labels, starting
from pages.parts.train import plan_summary

EVERY_SECONDS, SETTLED_EVERY_SECONDS = 1.0, 1.5  # between two looks: each takes the run a little of the processor
SETTLED_SECONDS = 10.0  # of training, after which a curve changes more slowly
WAITING_SECONDS = 1.0  # of one look, at most
LOOKING_SECONDS = 0.02
BARS = 8


def show(run_id: str):
    """Everything about one run; a fragment asks for what is new as long as it can still grow."""
    run = cast(Run, visitor.store().run(run_id))  # the page has just found it
    looks = count()

    @st.fragment(run_every=_between_looks(run))
    def growing():
        with visitor.store().database.one_connection():
            now = visitor.store().run(run_id) if next(looks) == 0 else _new(run_id)
            if now is None or _stage(now) != _stage(run) or _between_looks(now) != _between_looks(run):
                st.rerun()  # the buttons above and the sidebar show the status too
            _status(now)
            curve, written = st.columns([3, 2], gap="medium")  # both are seen at once on a projector
            with curve:
                _figures(now)
                _curve(now)
            with written:
                _latest(now)
            _details(now)

    growing()


def _between_looks(run: Run) -> float | None:
    if not run_labels.is_live(run):
        return None
    return EVERY_SECONDS if run.seconds < SETTLED_SECONDS else SETTLED_EVERY_SECONDS


def _new(run_id: str):
    """The run as it is now, or, where its first step comes any moment, as soon as that is there: the browser has nothing to draw
    before, and the processor is busy enough."""
    until = time.monotonic() + WAITING_SECONDS
    run = visitor.store().run(run_id)
    while run is not None and _begins_now(run) and time.monotonic() < until:
        time.sleep(LOOKING_SECONDS)
        run = visitor.store().run(run_id)
    return run


def _begins_now(run: Run) -> bool:
    if run.step or 0 < run.prepared < 1:  # a long text takes its time
        return False
    return run.shown_status == "running" or scheduling.look(visitor.store()).expected_wait(run.id) == 0


def controls(run: Run):
    """Pause, resume, stop, another learning rate: for the owner alone."""
    store, status = visitor.store(), run.shown_status
    if not visitor.owns(run):
        st.caption(_("This run belongs to someone else: you can look at it, but not change it."))
        return
    buttons = st.container(horizontal=True)
    if run_labels.is_live(run):  # its turns come and go: the buttons stay
        if buttons.button(_("Pause"), icon=":material/pause:", key="live.pause"):
            store.request(run.id, "pause")
        if buttons.button(_("Stop"), icon=":material/stop:", key="live.stop"):
            store.request(run.id, "stop")
            visitor.pool().wake()  # one that waits is evaluated before it has stopped
    fault = texts.file_fault(run.text_id) if status in RESUMABLE else None
    if fault and run.error_code not in (TextMissing.code, TextChanged.code):  # else it is said below
        st.error(fault)
    elif (
        status in RESUMABLE
        and not fault
        and buttons.button(_("Resume"), icon=":material/play_arrow:", type=_resume_style(run), key="live.resume")
    ):
        starting.resume(run)
    if status == "paused" and buttons.button(_("Stop"), icon=":material/stop:", key="live.stop"):
        store.request(run.id, "stop")
        st.rerun()  # nothing looks again at a run that stands still
    if run_labels.is_live(run):
        low, high = bounds(TrainingConfig, "learning_rate")
        with buttons.popover(_("Learning rate")):
            guard.begin_with(run, "live.rate", marks.rates(run)[-1][1])
            rate = number_field(
                _("New learning rate"),
                low,
                high,
                step=0.001,
                key="live.rate",
                help=_("Where a schedule lets the rate fall, this is the height it falls from."),
            )
            if st.button(_("Use it from the next step"), key="live.rate.set", disabled=rate is None) and rate is not None:
                store.request_learning_rate(run.id, rate)


def _resume_style(run: Run) -> str:
    """A run whose loss exploded most likely explodes again when it is resumed: a smaller learning rate is offered first."""
    return "secondary" if run.error_code == LossNotFinite.code else "primary"


def _status(run: Run):
    status, ends = run.shown_status, None
    if run_labels.is_live(run):
        queue = scheduling.look(visitor.store())
        ends = queue.expected_end(run.id)
    if status == "queued":
        st.info(run_labels.place_in_queue(run, queue))
    elif run_labels.makes_no_progress(run):
        st.warning(
            _(
                "This run has made no progress for {seconds:.0f} seconds. Preparing a large text can take that long; "
                "otherwise stop it; you can resume."
            ).format(seconds=NO_PROGRESS_SECONDS)
        )
    elif status == "interrupted":
        kept = "" if texts.file_fault(run.text_id) else run_labels.kept(run)
        st.warning(together(_("Training was interrupted at step {step}.").format(step=f"{run.step:,}"), kept))
    elif message := run_labels.error(run):
        st.error(message)
        if run.error_code == LossNotFinite.code and visitor.owns(run) and not marks.values_of(run, marks.BROKEN):
            _offer_smaller_rate(run)
    if status == "running" and not run.step and run.prepared:
        st.progress(run.prepared, text=_("Cutting the text into tokens: {share:.0%}").format(share=run.prepared))
    elif run.planned_steps:
        share = min(1.0, run.step / run.planned_steps)
        st.progress(share, text=_progress_text(run, ends))
    if promised := plan_summary.words(run, ends):
        st.caption(promised)
    for entry in run.notes:
        if not _is_technical(entry) and (words := run_labels.note(entry)):
            st.caption(words)


def _stage(run: Run) -> str:
    """A run that takes turns with others is live all the time."""
    return "live" if run_labels.is_live(run) else run.shown_status


def _offer_smaller_rate(run: Run):
    """A tenth of the rate that failed, or the one the run began with, where it failed after a change to a far higher one."""
    (_step, first), (_step, failed) = marks.rates(run)[0], marks.rates(run)[-1]
    rate = min(first, failed / 10)
    if rate == first:
        st.caption(
            _("The run began with learning rate {rate:.3g}; its loss became too large after the change to {failed:.3g}.").format(
                rate=rate, failed=failed
            )
        )
    else:
        st.caption(
            _("Its loss became too large at learning rate {failed:.3g}; a tenth of it is {rate:.3g}.").format(
                rate=rate, failed=failed
            )
        )
    if st.button(_("Try again with learning rate {rate:.3g}").format(rate=rate), key="live.retry", type="primary"):
        starting.again(run, run.requested.with_training(learning_rate=rate))


def _progress_text(run: Run, ends: float | None) -> str:
    text = _("step {step} of {planned}").format(step=f"{run.step:,}", planned=f"{run.planned_steps:,}")
    if ends is not None and run.step:
        text += " · " + _("about {duration} left").format(duration=run_labels.duration(ends))
    return text + " · " + run_labels.status(run)


def _figures(run: Run):
    store = visitor.store()
    steps = store.steps(run.id, after=max(0, run.step - AVERAGED))
    evaluation = store.latest_evaluation(run.id)
    if not len(steps.step):
        return
    loss = float(steps.loss.mean())
    row = st.container(horizontal=True, gap="xsmall")
    row.metric(_("Training loss"), f"{loss:.3f}", help=_("nats per token, mean of the last 20 steps"), width=charts.FIGURE)
    validation = evaluation.loss if evaluation else None
    row.metric(
        _("Validation loss"),
        f"{validation:.3f}" if validation is not None else "—",
        help=_("on text the model was not trained on"),
        width=charts.FIGURE,
    )
    row.metric(
        _("Perplexity"),
        number_format.large(math.exp(min(validation if validation is not None else loss, 700))),
        help=_("exp of the validation loss") if validation is not None else _("exp of the training loss: there is no other"),
        width=charts.FIGURE,
    )


def _details(run: Run):
    """How it learns and what was decided for this text and this machine, folded away."""
    with st.expander(_("Technical details"), key="live.details"):
        decided = [run_labels.recipe(run)] if run.resolved else []
        notes = [run_labels.note(entry, run.requested) for entry in run.notes if _is_technical(entry)]
        st.caption("\n".join([*decided, *(f"- {words}" for words in notes if words)]))
        steps = visitor.store().steps(run.id, after=max(0, run.step - AVERAGED))
        if not len(steps.step):
            return
        row = st.container(horizontal=True, gap="xsmall")
        row.metric(_("Learning rate"), number_format.short(float(steps.learning_rate[-1])), width=charts.FIGURE)
        row.metric(_("Gradient norm"), f"{float(steps.gradient_norm[-1]):.2f}", width=charts.FIGURE)
        row.metric(_("Tokens per second"), f"{float(steps.tokens_per_second.mean()):,.0f}", width=charts.FIGURE)


def _is_technical(note: dict) -> bool:
    return note["code"].startswith(("plan.", "mark.", "measure.")) and note["code"] != "plan.no_validation"


def _curve(run: Run):
    """The chart, and the same in words."""
    store = visitor.store()
    references = reference_lines.of_run(store, run)
    said = together(curve_summary.of_curve(store, run), *reference_lines.crossed(store, run, references))
    marked = [{"name": reference_lines.name(line), "loss": line.loss, "floor": line.name == "floor"} for line in references]
    changed = [(step, _("learning rate {rate:.3g}").format(rate=rate)) for step, rate in marks.rates(run)[1:]]
    changed += [(step, _("resumed")) for step in marks.pauses(run)]
    labels = chart_labels(run_labels.of_answers(run))
    seen = None if run_labels.is_live(run) else curve_summary.evidence(store, run)
    old = marks.old_losses(run)
    live_chart(
        store, run, labels=labels, references=marked, marks=changed, summary=said, evidence=seen, old=old, key="live.chart"
    )
    st.caption(said)


def _latest(run: Run):
    evaluation = visitor.store().latest_evaluation(run.id)
    if evaluation is None:
        return
    st.caption(_("What it writes at step {step}").format(step=f"{evaluation.step:,}"))
    st.code(run_labels.sample(evaluation), language=None, wrap_lines=True)
    st.caption(_("What comes next, at step {step}, after:").format(step=f"{evaluation.step:,}"))
    _pin(run, evaluation)
    plain_bars.show(evaluation.bars[:BARS], key="live.bars")


def _pin(run: Run, evaluation):
    """The context whose next token is shown; its owner may choose another."""
    may_pin = visitor.owns(run) and run_labels.is_live(run)
    if not may_pin or evaluation.pinned_context != run.pinned_context:  # otherwise it stands in the box
        st.text(evaluation.pinned_context or "…")
    if not may_pin:
        return

    def pin():
        if visitor.owns(run):  # a callback runs before the page: the visitor may have changed since it was drawn
            visitor.store().set_pinned_context(run.id, st.session_state["live.pinned"])

    st.text_input(
        _("Pin another context"),
        value=run.pinned_context,
        key="live.pinned",
        max_chars=500,
        on_change=pin,
        help=_("Shown from the next evaluation on."),
    )


def chart_labels(of_answers: bool) -> dict[str, str]:
    return {
        "training": _("training loss"),
        "validation": _("validation loss"),
        "smoothed": _("smoothed"),
        "old": _("validation loss on the old text"),
        "best": _("best"),
        "step": _("step"),
        "tokens": _("tokens"),
        "seconds": _("seconds of training"),
        "log": _("logarithmic"),
        "loss": _("loss (nats per token of the answers)") if of_answers else _("loss (nats per token)"),
        "perplexity": _("perplexity"),
        "gradient_norm": _("gradient norm"),
        "learning_rate": _("learning rate"),
        "tokens_per_second": _("tokens per second"),
    }
