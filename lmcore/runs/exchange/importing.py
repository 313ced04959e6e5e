"""A run file that a visitor brings, read and added to the store, or refused: a process started by `transfer.import_run`.

Nothing in it is trusted: `safe_zip` unpacks it, `run_reader` reads its members by `run_schema`, `checkpoint` compares every tensor with the
settings before anything is built. What is left is inserted by one transaction, rows and folder, both or none.
"""

import json
import math
import os
import sqlite3
import sys
from pathlib import Path
from typing import cast

import numpy as np
import torch

from lmcore.errors import (
    ArchiveIncomplete,
    ArchiveTooCostly,
    LmcoreError,
)
from lmcore.runs import data_folder
from lmcore.runs.exchange import run_reader, safe_zip
from lmcore.runs.exchange.run_schema import (
    CONFIG,
    EVALUATIONS,
    LONGEST_CELL,
    LONGEST_LINE,
    MEMBERS,
    MODEL,
    NEEDED,
    OF_CONFIG,
    STEPS,
    TEXT,
    TOKENIZER,
)
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping, limits, progress
from lmcore.runs.store.database import as_store_error, now
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.records import STEP_FIELDS, EvaluationRow, Run, Text
from lmcore.runs.store.store import Store, new_id
from lmcore.runs.worker import memory_limits
from lmcore.text.decoding import normalise
from lmcore.training.evaluation import is_best

FOLDER, FILE = "imports", "run.zip"  # in the data folder; in a folder of its own there
BYTES = 1_000_000_000  # of memory that reading one file may take, beside what torch holds
SECONDS = 30  # of processor time
NICENESS = 5  # the page comes first
WITHOUT_TEXT = "transfer.without_text"  # the note on a run whose text did not come with it


def take_in(store: Store, owner: str, aside: Path) -> Run:
    """Return a new run of a visitor from the file in a folder of its own, which becomes the folder of the run.

    Raises a TransferError where it is no exported run or harmful, a LimitError where it is more than the visitor may keep.
    """
    with store.database.reading() as connection:
        limits.check_kept(store.limits, connection, owner)
    with safe_zip.opened(aside / FILE, MEMBERS) as members:
        if missing := next((name for name in NEEDED if name not in members), None):
            raise ArchiveIncomplete(name=missing)
        housekeeping.make_room(store, owner, coming=sum(members.sizes[name] for name in NEEDED))
        with run_reader.reading(CONFIG):
            config = OF_CONFIG(json.loads(members.read(CONFIG)))
        with run_reader.reading(TOKENIZER):
            tokenizer = run_reader.tokenizer_of(members.read(TOKENIZER), config)
        members.extract(MODEL, aside / MODEL)
        saved = run_reader.checked_model(aside / MODEL, config, tokenizer)
        with run_reader.reading(STEPS):
            steps = run_reader.steps_of(members.lines(STEPS, LONGEST_LINE), saved.step)
        with run_reader.reading(EVALUATIONS):
            evaluations = list(run_reader.evaluations_of(members.lines(EVALUATIONS, LONGEST_CELL), saved.step))
        with run_reader.reading(CONFIG):
            notes = run_reader.notes_of(config, saved, evaluations)
        with run_reader.reading(TEXT):
            content = run_reader.content_of(members.read(TEXT), config["text"]["sha256"]) if TEXT in members else None
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
    best, best_loss = None, math.inf
    for evaluation in evaluations:
        if evaluation.loss is not None and is_best(evaluation.loss, best_loss):
            best, best_loss = evaluation, evaluation.loss
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


# into the store


def _kept_text(store: Store, owner: str, described: dict, content: str | None) -> Text | None:
    """Return the visitor's own copy of the same text, or a sample. Its file is written again where it was changed."""
    for text in (*store.texts(owner), *store.texts(None)):
        if text.sha256 == described["sha256"] and text.kind == described["kind"]:
            if content is not None:
                data_folder.keep_text(store.folder, content)
            return text
    return None


def _insert(store: Store, row: dict, steps: np.ndarray, evaluations: list[EvaluationRow], aside: Path, described: dict) -> Run:
    """Insert rows and folder, both or none."""
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
    """Return {run}, or {code, values} of the error that the visitor is told. Any other error is raised."""
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
    """Return the error for a file whose reading reached the limits of time or memory."""
    return ArchiveTooCostly(megabytes=BYTES // 1_000_000, seconds=SECONDS)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    asked = json.load(sys.stdin)
    memory_limits.stay_within(asked["bytes"], asked["seconds"])
    sys.stdout.write(json.dumps(answer(asked)))
