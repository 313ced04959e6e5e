"""A run file from somebody else, read and taken into the store, or refused: run as a process by `transfer.import_run`.

Nothing in it is believed: `archive` unpacks it, `run_schema` says what each field may hold, `checkpoint` compares every tensor with the
settings before anything is built. What is left is inserted by one transaction, rows and folder, both or none.
"""

import csv
import hashlib
import json
import math
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
import torch

from lmcore.errors import (
    ArchiveContradicts,
    ArchiveIncomplete,
    ArchiveTooCostly,
    ArchiveTooLong,
    ArchiveWrongValue,
    LmcoreError,
    TransferError,
)
from lmcore.models import NeuralLanguageModel
from lmcore.runs import data_folder
from lmcore.runs.exchange import safe_zip
from lmcore.runs.exchange.run_schema import (
    A_TOKEN,
    CONFIG,
    EVALUATIONS,
    LONGEST_CELL,
    LONGEST_LINE,
    MEMBERS,
    MODEL,
    MOST_EVALUATIONS,
    MOST_STEPS,
    NEEDED,
    OF_CONFIG,
    OF_EVALUATION,
    OF_STEP,
    STEPS,
    TEXT,
    TOKENIZER,
)
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping, limits, marks, progress
from lmcore.runs.store.database import as_store_error, now
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.records import STEP_FIELDS, EvaluationRow, Run, Text
from lmcore.runs.store.store import Store, new_id
from lmcore.runs.worker import memory_limits, restoring
from lmcore.schema import LARGEST_REAL, Check, WrongValue, within
from lmcore.text.corpus import TokenData
from lmcore.text.decoding import normalise
from lmcore.tokenizers import Tokenizer, parse_tokenizer
from lmcore.training import checkpoint

FOLDER, FILE = "imports", "run.zip"  # in the data folder; in a folder of its own there
BYTES = 1_000_000_000  # of memory that reading one file may take, beside what torch holds
SECONDS = 30  # of processor time
NICENESS = 5  # the page comes first
SHOWN = 40  # characters of a wrong value
TRIED = "The cat’s 3.5 café\n\t猫🙂\x1e"  # what a tokenizer is tried on
WITHOUT_TEXT = "transfer.without_text"  # the note on a run whose text did not come with it


def take_in(store: Store, owner: str, aside: Path) -> Run:
    """A new run of a visitor from the file in a folder of its own, which becomes the folder of the run.

    Raises a TransferError where it is no exported run or harmful, a LimitError where it is more than the visitor may keep.
    """
    with store.database.reading() as connection:
        limits.check_kept(store.limits, connection, owner)
    with safe_zip.opened(aside / FILE, MEMBERS) as members:
        if missing := next((name for name in NEEDED if name not in members), None):
            raise ArchiveIncomplete(name=missing)
        housekeeping.make_room(store, owner, coming=sum(members.sizes[name] for name in NEEDED))
        with _reading(CONFIG):
            config = OF_CONFIG(json.loads(members.read(CONFIG)))
        with _reading(TOKENIZER):
            tokenizer = _tokenizer(members.read(TOKENIZER), config)
        members.extract(MODEL, aside / MODEL)
        saved = _checked(aside / MODEL, config, tokenizer)
        with _reading(STEPS):
            steps = _steps(members.lines(STEPS, LONGEST_LINE), saved.step)
        with _reading(EVALUATIONS):
            evaluations = list(_evaluations(members.lines(EVALUATIONS, LONGEST_CELL), saved.step))
        with _reading(CONFIG):
            notes = _notes(config, saved, evaluations)
        with _reading(TEXT):
            content = _content(members.read(TEXT), config["text"]["sha256"]) if TEXT in members else None
    (aside / FILE).unlink()
    os.replace(aside / MODEL, RunFolder(aside).checkpoint_path(saved.step))
    data_folder.write_json(RunFolder(aside).tokenizer_path, tokenizer.to_json())
    text = _kept_text(store, owner, config["text"], content)
    over = config["status"] == "finished" or saved.step >= saved.config.training.planned_steps or not (text or content)
    if not over:
        memory_limits.check(saved.config, tokenizer.vocabulary_size, store.limits.bytes_per_run)
    if not (text or content):
        notes.append({"code": WITHOUT_TEXT, "values": {}})
    text = text or store.add_text(
        owner=owner,
        name=config["text"]["name"],
        content=content or normalise(tokenizer.decode(saved.tensors["opening"].numpy()))[0].strip() or "…",
        kind=config["text"]["kind"],
        encoding="UTF-8",
    )
    best = min((row for row in evaluations if row.loss is not None), key=lambda row: cast(float, row.loss), default=None)
    row = {
        "owner": owner,
        "text_id": text.id,
        "name": config["name"],
        "requested": json.dumps(config["requested"].to_json()),
        "resolved": json.dumps(config["resolved"].to_json()),
        "notes": json.dumps(notes),
        "status": "finished" if over else "stopped",
        "pinned_context": config["pinned_context"],
        "step": saved.step,
        "planned_steps": saved.config.training.planned_steps,
        "tokens": int(steps[-1, STEP_FIELDS.index("tokens")]),
        "seconds": steps[-1, STEP_FIELDS.index("seconds")],
        "best_step": best.step if best else None,
        "best_loss": best.loss if best else None,
        "best_bits_per_byte": best.bits_per_byte if best else None,
        "reference_lines": json.dumps(config["reference_lines"]),
    }
    run = _insert(store, row, steps, evaluations, aside, {"kind": text.kind, "requested": config["requested"].to_json()})
    store.describe(run.id)
    return run


# what is in the file


@contextmanager
def _reading(name: str):
    """What is wrong in a member is said with its name."""
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


def _tokenizer(written: bytes, config: dict) -> Tokenizer:
    """Raises WrongValue or TokenizerDamaged."""
    tokenizer, asked = parse_tokenizer(written), config["resolved"].tokenizer
    if tokenizer.kind != asked.kind:
        raise WrongValue(tokenizer.kind, "kind")
    if not len(tokenizer.vocabulary) == tokenizer.vocabulary_size <= asked.vocabulary_size:
        raise WrongValue(tokenizer.vocabulary_size, "vocabulary_size")
    for token in tokenizer.vocabulary:
        within("vocabulary", A_TOKEN, token)
    ids, starts, ends = tokenizer.offsets(TRIED)
    if not len(ids) == len(starts) == len(ends) or tokenizer.encode(TRIED).tolist() != ids.tolist():
        raise ValueError
    tokenizer.decode(range(tokenizer.vocabulary_size)).encode()
    return tokenizer


def _checked(path: Path, config: dict, tokenizer: Tokenizer) -> checkpoint.Checkpoint:
    """The weights, if they belong to the settings and the tokenizer, can be trained further and give one distribution."""
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
            data = TokenData(kind, np.tile(opening, 2), opening[:0], validation_bytes=0, unknown_bytes=0, opening=opening)
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


def _steps(lines: Iterator[str], count: int) -> np.ndarray:
    """(count, fields) of the first steps, numbered from 1 on. No more is read than one line behind them, where the member shall end."""
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


def _evaluations(lines: Iterator[str], last_step: int) -> Iterator[EvaluationRow]:
    """Those up to a step, in order."""
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


def _notes(config: dict, saved: checkpoint.Checkpoint, evaluations: list[EvaluationRow]) -> list[dict]:
    """What was changed while it trained, and the parts of its bits per byte: none of words alone, none larger than the whole."""
    notes = [{"code": marks.RESUMED, "values": {"step": step}} for step in config.get("pauses", [])]
    if (latest := max(config.get("pauses", []), default=0)) > saved.step:
        raise WrongValue(latest, "pauses")
    if parts := config.get("beside_tokens"):
        least = min((row.bits_per_byte for row in evaluations if row.bits_per_byte is not None), default=LARGEST_REAL)
        if config["resolved"].tokenizer.kind != "word" or sum(parts.values()) > least:
            raise WrongValue(parts, "beside_tokens")
        notes.insert(0, {"code": marks.BESIDE_TOKENS, "values": parts})
    return marks.at(saved.step, notes, saved.header["training"]["learning_rates"])


def _check_fields(rows: Iterator[list[str]], schema: dict[str, Check]):
    if next(rows, None) != list(schema):
        raise ValueError


def _row(values: list[str], schema: dict[str, Check]) -> list:
    return [within(name, check, value) for (name, check), value in zip(schema.items(), values, strict=True)]


def _content(written: bytes, sha256: str) -> str | None:
    """The text; None where it is not as this program keeps texts: the run can then be looked at, not trained further."""
    content = written.decode()
    if not content.strip():
        raise ValueError
    if hashlib.sha256(written).hexdigest() != sha256:
        raise ArchiveContradicts()
    return content if normalise(content)[0] == content else None


# into the store


def _kept_text(store: Store, owner: str, described: dict, content: str | None) -> Text | None:
    """The visitor's own copy of the same text, or a sample. Its file is written anew where it was changed."""
    for text in (*store.texts(owner), *store.texts(None)):
        if text.sha256 == described["sha256"] and text.kind == described["kind"]:
            if content is not None:
                data_folder.keep_text(store.folder, content)
            return text
    return None


def _insert(store: Store, row: dict, steps: np.ndarray, evaluations: list[EvaluationRow], aside: Path, described: dict) -> Run:
    """Rows and folder, both or none."""
    run_id = new_id()
    row |= {"id": run_id, "created": now(), "started": now(), "ended": now()}
    data_folder.write_json(RunFolder(aside).configuration_path, {"id": run_id, **described})
    with store.database.writing() as connection:
        limits.check_kept(store.limits, connection, row["owner"])
        progress.insert_run(connection, row)
        progress.append_steps(connection, run_id, (values.tolist() for values in steps))
        progress.append_evaluations(connection, run_id, evaluations)
        path = RunFolder.of(store.folder, run_id).path
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, path)
    return cast(Run, store.run(run_id))


# the process


def answer(order: dict) -> dict:
    """{run}, or {code, values} of what is said to the visitor. Another fault is raised."""
    try:
        store = Store(Path(order["data"]), Limits(**order["limits"]))
        return {"run": take_in(store, order["owner"], Path(order["aside"])).id}
    except LmcoreError as error:
        said = error
    except (MemoryError, SystemError):  # the second where C code did not notice the first
        said = too_costly()
    except (sqlite3.Error, OSError) as error:
        known = as_store_error(error)
        if known is None:
            raise
        said = known
    return {"code": said.code, "values": said.values}


def too_costly() -> ArchiveTooCostly:
    return ArchiveTooCostly(megabytes=BYTES // 1_000_000, seconds=SECONDS)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    asked = json.load(sys.stdin)
    memory_limits.stay_within(asked["bytes"], asked["seconds"])
    sys.stdout.write(json.dumps(answer(asked)))
