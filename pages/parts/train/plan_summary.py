"""What a run promises: how many steps, how many tokens, and when it will be done by the visitor's own clock.

How seconds become steps is `lmcore.training.planning`; what the queue makes of the end is `lmcore.runs.queue.scheduling`.
"""

from datetime import datetime, timedelta

from babel.numbers import format_compact_decimal

from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.language import LOCALES, _, current_language
from pages.parts.run import run_labels

LONG = 3600.0  # seconds: of longer times the seconds are not shown


def words(run: Run, ends: float | None) -> str:
    """Return the plan in words; "" for a run until it stops improving. ends: seconds from now, where they are known."""
    parts, training = [], run_labels.config(run).training
    if training.stop == "plateau":
        return ""
    if run.planned_steps:
        plan = _("Planned: {steps} steps, {tokens} tokens")
        if training.stop == "seconds":
            plan = _("Planned for {duration} of training: {steps} steps, {tokens} tokens")
        parts.append(
            plan.format(
                duration=run_labels.duration(training.stop_after), steps=f"{run.planned_steps:,}", tokens=compact(tokens(run))
            )
        )
    if ends is not None:
        parts.append(_("done at about {time}").format(time=clock(ends, datetime.now(visitor.time_zone()))))
    elif run.shown_status == "finished":
        parts.append(_("took {duration}").format(duration=run_labels.duration(run.seconds)))
    return " · ".join(parts)


def tokens(run: Run) -> float:
    """Of the whole run: as many a step as so far, and before the first one as many as fit."""
    training = run.resolved.training
    return run.planned_steps * (run.tokens / run.step if run.step else training.batch_size * training.sequence_length)


def compact(count: float) -> str:
    """
    1.3 million · 130万
    """
    locale = LOCALES.get(current_language())
    return format_compact_decimal(
        round(count), fraction_digits=1, locale=locale or "en", format_type="short" if locale else "long"
    )


def clock(seconds: float, now: datetime) -> str:
    """Return the time of day `seconds` from now.

    >>> clock(70.4, datetime(2025, 1, 1, 14, 31)), clock(7200, datetime(2025, 1, 1, 14, 31))
    ('14:32:10', '16:31')
    """
    then = now + timedelta(seconds=seconds)
    return then.strftime("%H:%M:%S" if seconds < LONG else "%H:%M")
