"""A curve in words: for screen readers, for the projector, and beside the picture."""

import math
from functools import lru_cache

from lmcore.errors import LossNotFinite
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.training.diagnosis import AVERAGED, Finding, History, Point, diagnose
from pages.parts import number_format
from pages.parts.language import _, together
from pages.parts.run import run_labels

WORSE = 0.05  # nats per token
BITS_OF_A_BYTE = 8
NORMS = 5_000  # steps: an explosion comes early


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
    if run.shown_status == "failed" and run.error_code != LossNotFinite.code:  # its error says why
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
        settings=settings,
        lines={name: loss for name, _order, loss in run.reference_lines},
        unknown=beside["spelling"] / BITS_OF_A_BYTE if (beside := marks.beside_tokens(run)) else 0.0,
        norms=_norms(store, run) if not run_labels.is_live(run) else (),
        broke_off=_broke_off(run),
    )


def evidence(store: Store, run: Run) -> tuple[int, int, str] | None:
    """Where a fault is seen in a curve: the first and the last step, and its name; None where nothing is wrong."""
    found = next(iter(diagnose(history(store, run))))
    return (*found.span, name(found.code)) if found.span else None


def _norms(store: Store, run: Run) -> list[tuple[int, float]]:
    """The gradient norm of each step, where it may say why a run without clipping diverged."""
    steps = store.steps(run.id, most=NORMS)
    return list(zip(steps.step.tolist(), steps.gradient_norm.tolist(), strict=True))


def _broke_off(run: Run) -> tuple[int, float] | None:
    values = run.error_values
    if run.shown_status != "failed" or run.error_code != LossNotFinite.code:
        return None
    return int(values["step"]), float(values["loss"])


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


def name(code: str) -> str:
    """A fault in two or three words, as it is marked in a curve."""
    return {
        "rate_raised": _("rate raised too far"),
        "diverged": _("diverged"),
        "nothing_learned": _("nothing learned"),
        "overfitting": _("learned by heart"),
        "both_rising": _("rate too high"),
        "unsteady": _("up and down"),
        "rising": _("rate too high"),
        "overfitting_begins": _("learned by heart from here"),
        "rate_too_low": _("rate too low"),
        "exploded": _("the gradient explodes"),
        "by_heart": _("learned by heart"),
        "mostly_unknown": _("most of it unknown words"),
        "no_order": _("no better than counting tokens"),
        "prompt_ignored": _("prompts do not help"),
        "too_small": _("too small a net"),
        "context_of_one": _("no better than counting pairs"),
    }[code]


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
        "rate_too_low": _(
            "The loss has stayed where it began, at that of guessing among all tokens alike, {guessing}: at a learning rate of {rate} the "
            "weights hardly move. {usual} is usual with this optimizer."
        ),
        "exploded": _(
            "At step {step} the gradient exploded: its norm was {norm}, {usual_norm} before. Nothing limits it, so one step threw the "
            "weights far away, and the loss with them. Clip the gradient, to 0.25 for example."
        ),
        "by_heart": _(
            "A training loss of {loss} means that the model is nearly certain of every next token: it has learned this short text by "
            "heart, and there is no other text on which it could be tested. Give it more text."
        ),
        "mostly_unknown": _(
            "{share} of the bytes of new text are words that the vocabulary lacks, all of them the one token “unknown”: it is easily "
            "predicted, so the loss is low, and the model can say little. Take a larger vocabulary."
        ),
        "no_order": _(
            "The loss of new text has come to that of counting tokens, {tokens}, and stays there; counting pairs is no better ({pairs}). "
            "What stands before a token says nothing about it: in this text the order carries nothing to be learned."
        ),
        "prompt_ignored": _(
            "The loss on new answers is {loss}, that of counting pairs {pairs}: the model knows how often each answer occurs, and "
            "nothing more. The prompts do not help it; look whether the right answers stand beside them."
        ),
        "too_small": _(
            "The loss stays above that of counting pairs ({pairs}), in training and on new text: a hidden state of {units} numbers cannot "
            "hold more. Take a larger one."
        ),
        "context_of_one": _(
            "The loss on new text, {loss}, does not fall below that of counting pairs, {pairs}: in training the model saw one token at a time, "
            "so that it could learn no more than pairs. Take longer sequences."
        ),
    }[finding.code].format(**values)


def _plain(name: str, value: float) -> str:
    """
    >>> _plain("step", 1200), _plain("loss", 2.3456), _plain("rate", 10.0), _plain("before", 0.00015)
    ('1,200', '2.35', '10', '1.5×10⁻⁴')
    """
    if name in ("rate", "before", "usual"):
        return number_format.short(value)
    if name == "share":
        return f"{value:.0%}"
    if not math.isfinite(value):
        return "∞"
    return f"{value:,}" if name in ("step", "units") else f"{value:.2f}"
