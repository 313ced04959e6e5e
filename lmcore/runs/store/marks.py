"""Notes on what was changed while a run trained: another learning rate, a pause. The newest checkpoint decides which of them hold.

Other notes have the bits per byte of words beside their tokens, and what was guessed of a run that goes wrong on purpose.
"""

from lmcore.runs.store.records import Run

RATE, RESUMED, BESIDE_TOKENS = "mark.rate", "mark.resumed", "measure.beside_tokens"
BROKEN, MENDED = "mark.broken", "mark.mended"  # a run of `training.breaking`
CHANGED = "mark.changed"  # a run on a changed text, with the settings and the seed of the run on the text as it was
BEGUN, OLD_TEXT = "mark.begun", "mark.old_text"  # a run that began with the weights of another; its loss on the other's text
MOST = 1_000  # of each, in a run file that a visitor brings


def at(step: int, notes: list[dict], learning_rates: list[tuple[int, float]]) -> list[dict]:
    """Return the notes of a run that goes on from a checkpoint: of this step, with these (after this step, learning rate).

    >>> at(70, [{"code": "mark.resumed", "values": {"step": 90}}], [(0, 0.02), (40, 0.5)])
    [{'code': 'mark.rate', 'values': {'step': 40, 'before': 0.02, 'rate': 0.5}}, {'code': 'mark.resumed', 'values': {'step': 70}}]
    """
    others = [note for note in notes if note["code"] not in (RATE, RESUMED) and not _is_later(note, step)]
    resumed = {min(step, note["values"]["step"]) for note in notes if note["code"] == RESUMED} - {0}
    return [
        *others,
        *of_rates(learning_rates),
        *({"code": RESUMED, "values": {"step": at_step}} for at_step in sorted(resumed)),
    ]


def of_rates(learning_rates: list[tuple[int, float]]) -> list[dict]:
    """Return a note for each change of the learning rate."""
    changes = zip(learning_rates, learning_rates[1:], strict=False)
    return [{"code": RATE, "values": {"step": step, "before": before, "rate": rate}} for (_, before), (step, rate) in changes]


def rates(run: Run) -> list[tuple[int, float]]:
    """Return (after this step, learning rate) of a run, the first from its beginning."""
    changed = [(note["values"]["step"], note["values"]["rate"]) for note in run.notes if note["code"] == RATE]
    return [(0, (run.resolved or run.requested).training.learning_rate), *changed]


def best_rate(run: Run) -> float:
    """Return the learning rate of the step with the lowest validation loss, else that of the last step."""
    step = run.step if run.best_step is None else run.best_step
    return [rate for after, rate in rates(run) if after < step or after == 0][-1]


def pauses(run: Run) -> list[int]:
    """Return the steps after which it paused and went on."""
    return [note["values"]["step"] for note in run.notes if note["code"] == RESUMED and note["values"]["step"]]


def beside_tokens(run: Run) -> dict[str, float] | None:
    """Return {spelling, spacing}, bits per byte of a run of words beside its tokens; None where they are not known."""
    return values_of(run, BESIDE_TOKENS)


def broken(preset: str, guess: str) -> dict:
    """Return the note of a run that goes wrong on purpose. guess: of `breaking.OUTCOMES`, made before it began."""
    return {"code": BROKEN, "values": {"preset": preset, "guess": guess}}


def mended(preset: str, of: str) -> dict:
    """Return the note of the run that mends another one. of: its id."""
    return {"code": MENDED, "values": {"preset": preset, "of": of}}


def changed(run: str) -> dict:
    """Return the note of a run that differs from another in its text alone. run: the id of that one."""
    return {"code": CHANGED, "values": {"run": run}}


def begun(run: str, step: int, kind: str) -> dict:
    """Return the note of a run that begins with the weights of another after a step. kind: of that run's text."""
    return {"code": BEGUN, "values": {"run": run, "step": step, "kind": kind}}


def old_text(step: int, loss: float) -> dict:
    """Return the note of an evaluation on the held-out text of the run it began with. loss: nats per token."""
    return {"code": OLD_TEXT, "values": {"step": step, "loss": loss}}


def old_losses(run: Run) -> list[tuple[int, float]]:
    """Return (step, nats per token) on the text of the run it began with."""
    return [(note["values"]["step"], note["values"]["loss"]) for note in run.notes if note["code"] == OLD_TEXT]


def _is_later(note: dict, step: int) -> bool:
    return note["code"] == OLD_TEXT and note["values"]["step"] > step


def values_of(run: Run, code: str) -> dict | None:
    """Return the values of a run's note; None where it has none of this code."""
    return next((note["values"] for note in run.notes if note["code"] == code), None)


def are_of(step: int, rate: float, learning_rates: list) -> bool:
    """Return whether these (after this step, learning rate) can be those of a run that began with a rate and has come to a step.

    >>> are_of(60, 0.02, [[0, 0.02], [40, 0.5]]), are_of(60, 0.02, [[0, 0.02], [61, 0.5]]), are_of(60, 0.02, [])
    (True, False, False)
    """
    steps = [after for after, _ in learning_rates]
    return (
        learning_rates[:1] == [[0, rate]]
        and len(steps) <= MOST
        and steps == sorted(steps)
        and steps[-1] <= step
        and all(later > 0 for _, later in learning_rates)
    )
