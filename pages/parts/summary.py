"""A curve in one sentence: for screen readers, for the projector, and for whoever asks what the picture says."""

from pages.parts.language import _, together

AVERAGED = 20  # steps
WORSE = 0.05  # nats per token


def of_curve(store, run) -> str:
    """Where the loss began and where it is; when validation was best."""
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
        if (now := got_worse(store, run)) is not None:
            risen = _("Since then it has risen to {loss:.2f}: the model now learns this text by heart, and new text suffers.")
            words = together(words, risen.format(loss=now))
    return words


def got_worse(store, run) -> float | None:
    """The last validation loss, where it is clearly above the best one: the sign of learning by heart."""
    latest = store.latest_evaluation(run.id)
    if latest is None or latest.loss is None or run.best_loss is None or latest.loss < run.best_loss + WORSE:
        return None
    return latest.loss
