"""A curve in one sentence: for screen readers, for the projector, and for whoever asks what the picture says."""

from pages.parts.language import _

AVERAGED = 20  # steps


def of_curve(store, run) -> str:
    """Where the loss began and where it is; when validation was best."""
    begin = store.steps(run.id, most=max(1, min(AVERAGED, run.step // 4))).loss
    end = store.steps(run.id, after=run.step - AVERAGED).loss
    if not len(end):
        return _("No step has been taken yet.")
    words = _("Training loss went from {first:.2f} to {last:.2f} in {count} steps.").format(
        first=float(begin.mean()), last=float(end.mean()), count=f"{run.step:,}"
    )
    if run.best_loss is not None:
        words += " " + _("Validation was best at step {step}: {loss:.2f}.").format(step=f"{run.best_step:,}", loss=run.best_loss)
    return words
