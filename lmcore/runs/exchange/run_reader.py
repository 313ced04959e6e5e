"""The members of a run file, read and compared with one another. What each field may hold is `run_schema`.

Every function raises a TransferError, or what `reading` makes one.
"""

import csv
import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from lmcore.errors import (
    ArchiveContradicts,
    ArchiveIncomplete,
    ArchiveTooLong,
    ArchiveWrongValue,
    TransferError,
)
from lmcore.models import NeuralLanguageModel
from lmcore.runs.exchange import safe_zip
from lmcore.runs.exchange.run_schema import (
    A_TOKEN,
    LONGEST_CELL,
    MOST_EVALUATIONS,
    MOST_STEPS,
    OF_EVALUATION,
    OF_STEP,
)
from lmcore.runs.store import marks
from lmcore.runs.store.records import STEP_FIELDS, EvaluationRow
from lmcore.runs.worker import restoring
from lmcore.schema import LARGEST_REAL, Check, WrongValue, within
from lmcore.text.corpus import TokenData
from lmcore.text.decoding import normalise
from lmcore.tokenizers import Tokenizer, parse_tokenizer
from lmcore.training import checkpoint

SHOWN = 40  # characters of a wrong value
TRIED = "The cat’s 3.5 café\n\t猫🙂\x1e"  # what a tokenizer is tried on


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Within the block, turn errors into a TransferError that names the member."""
    try:
        yield
    except TransferError:
        raise
    except WrongValue as error:
        if error.field:
            value = safe_zip.shown(str(error.value)[:SHOWN])
            raise ArchiveWrongValue(name=name, field=safe_zip.shown(error.field)[:SHOWN], value=value) from error
        raise ArchiveIncomplete(name=name) from error
    except (*restoring.UNFIT, csv.Error) as error:
        raise ArchiveIncomplete(name=name) from error


def tokenizer_of(written: bytes, config: dict) -> Tokenizer:
    """Return the tokenizer of a member. Raises WrongValue or TokenizerDamaged."""
    tokenizer, asked = parse_tokenizer(written), config["resolved"].tokenizer
    if tokenizer.level != asked.level:
        raise WrongValue(tokenizer.level, "level")
    if not len(tokenizer.vocabulary) == tokenizer.vocabulary_size <= asked.vocabulary_size:
        raise WrongValue(tokenizer.vocabulary_size, "vocabulary_size")
    for token in tokenizer.vocabulary:
        within("vocabulary", A_TOKEN, token)
    ids, starts, ends = tokenizer.offsets(TRIED)
    if not len(ids) == len(starts) == len(ends) or tokenizer.encode(TRIED).tolist() != ids.tolist():
        raise ValueError
    tokenizer.decode(range(tokenizer.vocabulary_size)).encode()
    return tokenizer


def checked_model(path: Path, config: dict, tokenizer: Tokenizer) -> checkpoint.Checkpoint:
    """Return the checkpoint, checked: it fits the settings and the tokenizer, can be trained further and gives a distribution."""
    try:
        saved = checkpoint.load(path)
        opening, kind, planned = saved.tensors["opening"].numpy(), config["text"]["kind"], saved.config.training.planned_steps
        right = saved.config == config["resolved"] and saved.header["kind"] == kind and 0 < saved.step <= planned
        right = right and marks.are_of(
            saved.step, saved.config.training.learning_rate, saved.header["training"]["learning_rates"]
        )
        if kind != "stream":
            right = right and len(opening) == 1 and saved.header["begin_id"] == tokenizer.begin_id
        if right:
            counted = np.array([False, True]) if saved.config.training.loss_on == "answer" else None
            data = TokenData(kind, np.tile(opening, 2), opening[:0], 0, 0, opening, train_counted=counted)
            network, _ = restoring.restore(saved, data, tokenizer.vocabulary_size)
            log_probs, _ = NeuralLanguageModel(network, opening, saved.header["begin_id"]).start()
            right = bool(np.isfinite(log_probs).all()) and math.isclose(float(np.exp(log_probs).sum()), 1.0, rel_tol=1e-6)
    except restoring.UNFIT as error:
        raise ArchiveContradicts() from error
    if not right:
        raise ArchiveContradicts()
    if saved.step > MOST_STEPS:
        raise ArchiveTooLong(steps=MOST_STEPS, evaluations=MOST_EVALUATIONS)
    return saved


def steps_of(lines: Iterator[str], count: int) -> np.ndarray:
    """Return (count, fields) of the first steps, numbered from 1 on. At most one line after them is read, to see that the member ends."""
    table = np.empty((count, len(STEP_FIELDS)))
    rows = (line.rstrip("\r\n").split(",") for line in lines)
    _check_fields(rows, OF_STEP)
    found = 0
    for values in islice(rows, count + 1):
        if found == count:
            break
        table[found] = _row(values, OF_STEP)
        found += 1
        if table[found - 1, 0] != found:
            raise WrongValue(values[0], "step")
    if found < count:
        raise ValueError
    return table


def evaluations_of(lines: Iterator[str], last_step: int) -> Iterator[EvaluationRow]:
    """Return the evaluations up to a step, in order."""
    csv.field_size_limit(LONGEST_CELL)
    rows, before = csv.reader(lines), 0
    _check_fields(rows, OF_EVALUATION)
    for number, values in enumerate(rows):
        row = EvaluationRow(*_row(values, OF_EVALUATION))
        if row.step <= before:
            raise WrongValue(values[0], "step")
        if row.step > last_step:
            return
        if number >= MOST_EVALUATIONS:
            raise ArchiveTooLong(steps=MOST_STEPS, evaluations=MOST_EVALUATIONS)
        before = row.step
        yield row


def notes_of(config: dict, saved: checkpoint.Checkpoint, evaluations: list[EvaluationRow]) -> list[dict]:
    """Return the notes on what was changed while it trained and on the parts of its bits per byte, checked against the whole."""
    notes = [{"code": marks.RESUMED, "values": {"step": step}} for step in config.get("pauses", [])]
    if (latest := max(config.get("pauses", []), default=0)) > saved.step:
        raise WrongValue(latest, "pauses")
    if parts := config.get("beside_tokens"):
        least = min((row.bits_per_byte for row in evaluations if row.bits_per_byte is not None), default=LARGEST_REAL)
        if config["resolved"].tokenizer.level != "word" or sum(parts.values()) > least:
            raise WrongValue(parts, "beside_tokens")
        notes.insert(0, {"code": marks.BESIDE_TOKENS, "values": parts})
    return marks.at(saved.step, notes, saved.header["training"]["learning_rates"])


def _check_fields(rows: Iterator[list[str]], schema: dict[str, Check]) -> None:
    if next(rows, None) != list(schema):
        raise ValueError


def _row(values: list[str], schema: dict[str, Check]) -> list:
    return [within(name, check, value) for (name, check), value in zip(schema.items(), values, strict=True)]


def content_of(written: bytes, sha256: str) -> str | None:
    """Return the text; None where it is not tidied as this program keeps texts: the run can then be viewed, not trained further."""
    content = written.decode()
    if not content.strip():
        raise ValueError
    if hashlib.sha256(written).hexdigest() != sha256:
        raise ArchiveContradicts()
    return content if normalise(content)[0] == content else None
