"""What was changed while a run trained, as notes on it: another learning rate, a pause. The newest checkpoint decides what of it holds."""

RATE, RESUMED = "mark.rate", "mark.resumed"


def at(step: int, notes: list[dict], learning_rates: list[tuple[int, float]]) -> list[dict]:
    """The notes of a run that goes on from a checkpoint: of this step, with these (after this step, learning rate).

    >>> at(70, [{"code": "mark.resumed", "values": {"step": 90}}], [(0, 0.02), (40, 0.5)])
    [{'code': 'mark.rate', 'values': {'step': 40, 'before': 0.02, 'rate': 0.5}}, {'code': 'mark.resumed', 'values': {'step': 70}}]
    """
    others = [note for note in notes if note["code"] not in (RATE, RESUMED)]
    resumed = {min(step, note["values"]["step"]) for note in notes if note["code"] == RESUMED} - {0}
    return [
        *others,
        *of_rates(learning_rates),
        *({"code": RESUMED, "values": {"step": at_step}} for at_step in sorted(resumed)),
    ]


def of_rates(learning_rates: list[tuple[int, float]]) -> list[dict]:
    changes = zip(learning_rates, learning_rates[1:], strict=False)
    return [{"code": RATE, "values": {"step": step, "before": before, "rate": rate}} for (_, before), (step, rate) in changes]


def rates(run) -> list[tuple[int, float]]:
    """(after this step, learning rate) of a run, the first from its beginning."""
    changed = [(note["values"]["step"], note["values"]["rate"]) for note in run.notes if note["code"] == RATE]
    return [(0, (run.resolved or run.requested).training.learning_rate), *changed]


def pauses(run) -> list[int]:
    """After which steps it stood still and was taken up again."""
    return [note["values"]["step"] for note in run.notes if note["code"] == RESUMED and note["values"]["step"]]
