"""A curve in words: for screen readers, for the projector, and beside the picture."""

import math
from functools import lru_cache

from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.training.diagnosis import AVERAGED, Finding, History, Point, diagnose
from pages.parts import number_format
from pages.parts.language import _, together
from pages.parts.run import run_labels

WORSE = 0.05  # nats per token


def of_curve(store: Store, run: Run) -> str:
    """Where the loss began and where it is; when validation was best; what that means."""
    begin = store.steps(run.id, most=1).loss
    end = store.steps(run.id, after=run.step - AVERAGED).loss
    if not len(end):
        return _("No step has been taken yet.")
    words = _("Training loss went from {first:.2f} to {last:.2f} in {count} steps.").format(
        first=float(begin[0]), last=float(end.mean()), count=f"{run.step:,}"
    )
    if run.best_loss is not None:
        best = _("Validation was best at step {step}: {loss:.2f}.").format(step=f"{run.best_step:,}", loss=run.best_loss)
        words = together(words, best)
    if run.shown_status == "failed":  # its error says why
        return words
    return together(words, *(said(finding) for finding in diagnose(history(store, run))))


def history(store: Store, run: Run) -> History:
    """What a diagnosis looks at."""
    settings, types = run_labels.config(run), run_labels.vocabulary_size(store.folder, run.id)
    return History(
        [_point(store, run.id, row.step, row.loss) for row in store.evaluations(run.id)],
        guessing=math.log(types or 1),
        rates=marks.rates(run),
        ended=not run_labels.is_live(run),
        dropout=settings.model.dropout > 0,
        sampled=settings.training.loss == "sampled",
    )


@lru_cache(maxsize=20_000)
def _point(store: Store, run_id: str, step: int, loss: float | None) -> Point:
    """What has been trained stays as it is."""
    before = max(0, step - AVERAGED)
    return Point.of(step, store.steps(run_id, after=before, most=step - before).loss, loss)


def got_worse(store: Store, run: Run) -> float | None:
    """The last validation loss, where it is clearly above the best one."""
    latest = store.latest_evaluation(run.id)
    if latest is None or latest.loss is None or run.best_loss is None or latest.loss < run.best_loss + WORSE:
        return None
    return latest.loss


def said(finding: Finding) -> str:
    """One sentence for each situation."""
    values = {name: _plain(name, value) for name, value in finding.values.items()}
    return {
        "too_short": _("There are too few evaluations yet to say how it learns."),
        "learning": _("The model is learning: the loss is still falling."),
        "unfinished": _("The loss was still falling at the end: with more steps it would go on learning."),
        "plateau": _("Since step {step} the loss has hardly changed: the model learns little more."),
        "overfitting_begins": _(
            "Since step {step} the training loss has been falling much faster than the validation loss: what the model still learns hardly helps it with new text."
        ),
        "overfitting": _(
            "Since then it has risen to {loss} while the training loss stays low: the model learns this text by heart, and new text "
            "suffers (overfitting)."
        ),
        "both_rising": _(
            "Since then it has risen to {loss}, and the training loss has risen too: this is no learning by heart, the learning rate "
            "of {rate} is too high for steady training. Try a third of it."
        ),
        "unsteady": _(
            "Since then it has gone up and down, now {loss}, and the training loss does not fall either: try a smaller learning rate "
            "than {rate}."
        ),
        "rising": _(
            "Since step {step} the training loss has risen: the learning rate of {rate} is too high for steady training. Try a third "
            "of it."
        ),
        "diverged": _(
            "Training has diverged: a loss of {loss} is worse than that of guessing among all tokens alike, {guessing}. Start again "
            "with a tenth of the learning rate."
        ),
        "nothing_learned": _(
            "The model has learned nothing yet: guessing among all tokens alike has a loss of {guessing}. The learning rate is probably "
            "too small or too high."
        ),
        "rate_changed": _(
            "At step {step} the learning rate was changed from {before} to {rate}; the next evaluations show what that does."
        ),
        "rate_raised": _(
            "At step {step} the learning rate was raised from {before} to {rate}, and the training loss rose from {training_before} to "
            "{training}: that rate is too high. Set it back, or start again."
        ),
        "validation_lower": _(
            "That the validation loss lies below the training loss comes from dropout: in training it switches off a part of the model, "
            "in validation nothing."
        ),
    }[finding.code].format(**values)


def _plain(name: str, value: float) -> str:
    """
    >>> _plain("step", 1200), _plain("loss", 2.3456), _plain("rate", 10.0), _plain("before", 0.00015)
    ('1,200', '2.35', '10', '1.5×10⁻⁴')
    """
    if name in ("rate", "before"):
        return number_format.short(value)
    return f"{value:,}" if name == "step" else f"{value:.2f}"
