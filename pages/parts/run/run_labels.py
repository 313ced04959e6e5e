"""A run in words: its status, its model, why it ended, what was changed to fit the text."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

from lmcore.errors import BY_CODE, TokenizerDamaged, TrainingError
from lmcore.runs.queue.heartbeat import Heartbeats
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.tokenizers import read_tokenizer
from pages.parts import texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, literal, together
from pages.parts.run import setting_labels

_heartbeats = Heartbeats()  # what this server has seen, for all its visitors


def status(run: Run) -> str:
    if is_being_stopped(run):
        return _("being stopped")
    return {
        "queued": _("waiting for a free place"),
        "running": _("training"),
        "paused": _("paused"),
        "finished": _("finished"),
        "stopped": _("stopped"),
        "failed": _("failed"),
        "interrupted": _("interrupted"),
    }[run.shown_status]


def is_being_stopped(run: Run) -> bool:
    """Stopped while it waited: a worker evaluates its last step, as soon as there is one."""
    return run.shown_status == "queued" and run.request == "stop"


def is_live(run: Run) -> bool:
    """Whether its curve can still grow by itself."""
    return run.shown_status in ("queued", "running")


def config(run: Run):
    return run.resolved or run.requested


def family(name: str) -> str:
    return {"rnn": _("plain RNN"), "gru": "GRU", "lstm": "LSTM", "transformer": "Transformer"}[name]


def of_answers(run: Run) -> bool:
    """Return whether answers alone count in the losses of a run."""
    return config(run).training.loss_on == "answer"


def network(run: Run) -> str:
    """
    LSTM 128 × 2: its family, hidden size and layers
    """
    settings = config(run).model
    return f"{family(settings.family)} {settings.hidden_size}" + (f" × {settings.layers}" if settings.layers > 1 else "")


def model(run: Run) -> str:
    """
    LSTM 128 · characters · answers alone
    """
    words = f"{network(run)} · {setting_labels.option('level', config(run).tokenizer.level)}"
    return f"{words} · {setting_labels.option('loss_on', 'answer')}" if of_answers(run) else words


def in_short(run: Run) -> str:
    """
    What tells it from another run of the same text: LSTM 128 · characters · rate 0.03 · 14:02
    """
    return f"{settings_in_short(run)} · {when(run)}"


def settings_in_short(run: Run) -> str:
    """
    LSTM 128 · characters · rate 0.03
    """
    return f"{model(run)} · " + _("rate {rate:.3g}").format(rate=config(run).training.learning_rate)


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Names that are to be chosen from, or head columns: equal ones are numbered.

    >>> distinct(["first", "first", "second", "first (2)"]), distinct(["this"], taken=["this"])
    (['first', 'first (2)', 'second', 'first (2) (2)'], ['this (2)'])
    """
    found, used = [], set(taken)
    for plain in names:
        name = next(name for name in chain([plain], (f"{plain} ({number})" for number in count(2))) if name not in used)
        used.add(name)
        found.append(name)
    return found


def when(run: Run) -> str:
    """When it was made, by the visitor's clock: the time of today, else the day too."""
    made, now = (moment.astimezone(visitor.time_zone()) for moment in (datetime.fromisoformat(run.created), datetime.now(UTC)))
    return made.strftime("%H:%M" if made.date() == now.date() else "%Y-%m-%d %H:%M")


def sample(evaluation) -> str:
    """What a run wrote, without the line breaks before it."""
    return (evaluation.sample.strip("\n") if evaluation else "") or "…"


def recipe(run: Run) -> str:
    """
    How it learns, as decided for this text and machine, and changed since: Muon 0.02 → 0.5 · 64 × 32 tokens a step · bfloat16 · exact loss
    """
    training = config(run).training
    words = [
        f"{setting_labels.option('optimizer', training.optimizer)} " + rates(run),
        _("{batch} × {length} tokens a step").format(batch=training.batch_size, length=training.sequence_length),
        setting_labels.option("precision", training.precision),
    ]
    if training.loss != "auto":
        sampled = _("loss over a sample of the vocabulary, validated exactly")
        words.append(sampled if training.loss == "sampled" else _("exact loss"))
    return " · ".join(words)


def rates(run: Run) -> str:
    """
    Its learning rate, and what that was changed to while it trained: 0.002 → 0.01
    """
    return " → ".join(f"{rate:.3g}" for _step, rate in marks.rates(run))


def error(run: Run) -> str | None:
    """Why a run failed or was paused by itself, in the visitor's language, and what is kept of a training that broke off."""
    if run.error_code not in BY_CODE:
        return None
    said = sentence(run.error_code, run.error_values)
    return together(said, kept(run)) if issubclass(BY_CODE[run.error_code], TrainingError) else said


def kept(run: Run) -> str:
    """From where a run that broke off can go on: from a checkpoint that is really there."""
    saved = RunFolder.of(visitor.data_folder(), run.id).checkpoints()
    if not saved:
        return _("Nothing of it had been kept yet.")
    return _("Everything up to step {step} is kept; resume goes on from there.").format(step=f"{step_of(saved[0]):,}")


def note(entry: dict, requested=None) -> str:
    """What is not as it was asked for, and why. requested: the settings as they were, of which only what differs is said."""
    if entry["code"] == marks.BESIDE_TOKENS:
        return beside_tokens(entry["values"]["spelling"], entry["values"]["spacing"])
    asked = requested.training if requested else None
    same = {name for name in ("batch_size", "sequence_length") if asked and getattr(asked, name) == entry["values"].get(name)}
    sentences = {
        "plan.shrunk_to_text": _("The text has only {tokens} training tokens, so the batch size is {batch_size}.")
        if "sequence_length" in same
        else _("The text has only {tokens} training tokens, so the sequence length is {sequence_length}.")
        if "batch_size" in same
        else _(
            "The text has only {tokens} training tokens, so the batch size is {batch_size} and the sequence length {sequence_length}."
        ),
        marks.RATE: _("After step {step} the learning rate was changed from {before:.3g} to {rate:.3g}."),
        marks.RESUMED: _("After step {step} training stood still, and was resumed."),
        "plan.no_validation_no_plateau": _(
            "The text is too short to hold some of it back for validation, so training stops after {steps} steps instead."
        ),
        "plan.small_text": _(
            "The text will be read many times over, so a dropout of {dropout} was chosen: it holds against learning by heart."
        ),
        "plan.no_validation": _(
            "The text is too short to hold some of it back, so there is no validation loss: the curve cannot show how the model does "
            "on new text."
        ),
        "plan.bfloat16_missing": _(
            "This run was planned in bfloat16, which this processor cannot train in, so it went on in float32: from there on the last digits"
            " of its losses differ."
        ),
        "plan.no_bfloat16": _("This processor is not faster with bfloat16, so training keeps to float32."),
        "plan.fewer_threads": _("This machine has {threads} cores, so training uses {threads} threads instead of {asked}."),
        "transfer.without_text": _("This run came without its text: it can be looked at and asked, but not trained further."),
        "limit.film_removed": _(
            "The film of this run ({megabytes} MB) was deleted, because your runs took more disk space than you have here. "
            "Its model and its curve are kept."
        ),
        "store.restored": _(
            "The list of runs was damaged and a backup took its place, which knew this run up to step {known}. "
            "Its model of step {newest} is kept; the curve in between is lost."
        ),
        "checkpoint.damaged": _("The checkpoint of step {step} was damaged; training went on from an older one."),
    }
    if entry["code"] in sentences:
        return sentences[entry["code"]].format(**entry["values"])
    return sentence(entry["code"], entry["values"]) if entry["code"] in BY_CODE else ""


def is_uncharged(run: Run) -> bool:
    """A run of words that an older version trained or wrote to a file: its bits per byte may leave out the spaces."""
    return config(run).tokenizer.level == "word" and run.best_bits_per_byte is not None and marks.beside_tokens(run) is None


def parts_in_short(run: Run) -> str:
    """What stands beside the bits per byte of a run of words."""
    if is_uncharged(run):
        return _("spaces may be left out")
    if (found := marks.beside_tokens(run)) is None:
        return ""
    return _("of that {spelling:.2f} spelling, {spacing:.2f} spaces").format(**found)


def beside_tokens(spelling: float, spacing: float) -> str:
    """What the bits per byte of words hold beside their tokens."""
    return _(
        "Of the bits per byte, {spelling:.3f} spell unknown words and {spacing:.3f} say where spaces stand; "
        "no model of these words can lower these two."
    ).format(spelling=spelling, spacing=spacing)


def origin(run: Run) -> str | None:
    """Where a run began, for its page and its card; None where it began with random weights."""
    begun = marks.values_of(run, marks.BEGUN)
    if begun is None:
        return None
    other = visitor.store().run(begun["run"])
    if other is None:
        return _("Begun with the weights of a run that is deleted.")
    return _("Begun with the weights of “{run}”, step {step}.").format(
        run=literal(texts.run_name(other)), step=f"{begun['step']:,}"
    )


def place_in_queue(run: Run, queue) -> str:
    """Where a waiting run stands and how long it will wait."""
    if is_being_stopped(run):
        return _("This run is being stopped: its last step is evaluated first.")
    position, wait = queue.position(run.id) or 1, queue.expected_wait(run.id)
    if run.step:
        text = _("It is the turn of others; this run is number {position} in the queue and goes on by itself.")
    else:
        text = _("Waiting for a free place: number {position} in the queue. Training begins by itself.")
    text = text.format(position=position)
    if wait is None:
        return text
    return together(text, _("Expected wait: about {duration}.").format(duration=duration(max(1.0, wait))))


def makes_no_progress(run: Run) -> bool:
    """Its worker lives, and has done nothing for half a minute."""
    return _heartbeats.makes_no_progress(run)


def duration(seconds: float) -> str:
    """
    How long, in the unit a person would use.
    """
    if seconds < 90:
        return _("{count:.0f} s").format(count=seconds)
    if seconds < 5400:
        return _("{count:.0f} min").format(count=seconds / 60)
    return _("{count:.1f} h").format(count=seconds / 3600)


def vocabulary_size(data: Path, run_id: str) -> int | None:
    """Types of a run's tokenizer; None before it has begun, and where it is damaged."""
    path = RunFolder.of(data, run_id).tokenizer_path
    try:
        return _types(path) if path.exists() else None
    except TokenizerDamaged:
        return None


@lru_cache(maxsize=1_000)
def _types(path: Path) -> int:
    return read_tokenizer(path).vocabulary_size
