"""A run as one file, to be kept or given away, and back into a store: weights, settings, tokenizer, curve, and a card about it.

A file that a visitor brings is read by `importing`, in a process of its own.
"""

import csv
import dataclasses
import io
import json
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from typing import cast

from lmcore.config import RunConfig
from lmcore.errors import (
    BY_CODE,
    ArchiveUnreadable,
    CheckpointDamaged,
    CheckpointMissing,
    CheckpointsDamaged,
    RunNotFound,
)
from lmcore.runs import data_folder
from lmcore.runs.exchange import importing, safe_zip
from lmcore.runs.exchange.model_card import model_card
from lmcore.runs.exchange.run_schema import CARD, CONFIG, EVALUATIONS, MODEL, STEPS, TEXT, TOKENIZER, VERSION
from lmcore.runs.queue.pool import environment
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks
from lmcore.runs.store.records import EVALUATION_FIELDS, STEP_FIELDS, Run, Text
from lmcore.runs.store.store import Store
from lmcore.runs.worker import restoring
from lmcore.training import checkpoint

AT_ONCE = threading.BoundedSemaphore(2)  # files that are read; the others wait
PATIENCE_SECONDS = 300  # for a file that takes its processor time while the machine is busy
WITHOUT_TEXT = importing.WITHOUT_TEXT


def export_run(store: Store, run_id: str, with_text: bool = True) -> bytes:
    """A zip file. with_text: for the owner; without it a run can be looked at elsewhere, not resumed.

    Raises RunNotFound, CheckpointMissing, CheckpointsDamaged, TokenizerDamaged, TextMissing or TextChanged.
    """
    run = store.run(run_id)
    if run is None:
        raise RunNotFound()
    text, run_folder = cast(Text, store.text(run.text_id)), RunFolder.of(store.folder, run_id)
    model, step = model_of(run_folder, None if with_text else run.best_step)
    tokenizer = run_folder.tokenizer()
    steps, evaluations = store.steps(run_id), store.evaluations(run_id)
    rows = zip(*(getattr(steps, name).tolist() for name in STEP_FIELDS), strict=True)
    config = {
        "next_word": VERSION,
        "name": run.name,
        "requested": run.requested.to_json(),
        "resolved": cast(RunConfig, run.resolved).to_json(),
        "status": run.status,
        "pinned_context": run.pinned_context,
        "reference_lines": run.reference_lines,
        "pauses": [paused for paused in marks.pauses(run) if paused <= step],  # the checkpoint knows the learning rates
        "beside_tokens": marks.beside_tokens(run),
        "text": {"name": text.name, "kind": restoring.kind_of(store, run), "sha256": text.sha256},
    }
    members = {
        CARD: model_card(run, text, tokenizer.vocabulary_size, step, with_text).encode(),
        CONFIG: json.dumps(config, ensure_ascii=False, indent=1).encode(),
        TOKENIZER: json.dumps(tokenizer.to_json(), ensure_ascii=False).encode(),
        STEPS: _csv(STEP_FIELDS, rows),
        EVALUATIONS: _csv(
            EVALUATION_FIELDS,
            (
                [json.dumps(row.bars) if name == "bars" else getattr(row, name) for name in EVALUATION_FIELDS]
                for row in evaluations
            ),
        ),
        MODEL: model,
    }
    return safe_zip.pack(members | ({TEXT: store.content(run.text_id).encode()} if with_text else {}))


def check_export(store: Store, run_id: str) -> None:
    """Raises what `export_run` would say of a run's folder."""
    run_folder = RunFolder.of(store.folder, run_id)
    model_of(run_folder)
    run_folder.tokenizer()


def model_of(run_folder: RunFolder, best_step: int | None = None) -> tuple[bytes, int]:
    """(content, step) of a checkpoint that can be read. With its text a run can go on, so the newest; without, it can only be asked:
    the best, where its step is given. Raises CheckpointMissing or CheckpointsDamaged."""
    found = run_folder.best_first(best_step)
    for path in found:
        try:
            content, saved = path.read_bytes(), checkpoint.load(path)
        except (CheckpointDamaged, OSError):  # or replaced just now by its worker
            continue
        return content, saved.step
    raise CheckpointsDamaged(count=len(found)) if found else CheckpointMissing()


def import_run(store: Store, owner: str, data: bytes) -> Run:
    """A new run of a visitor from a file that `export_run` made, read in a process whose memory and time are limited.

    Raises a TransferError where it is no such file or harmful, a LimitError where the visitor keeps too many runs or bytes.
    """
    if len(data) > safe_zip.BYTES:
        raise safe_zip.too_large()
    aside = store.folder / importing.FOLDER / secrets.token_hex(8)
    order = {
        "data": str(store.folder),
        "limits": dataclasses.asdict(store.limits),
        "owner": owner,
        "aside": str(aside),
        "bytes": importing.BYTES,
        "seconds": importing.SECONDS,
    }
    try:
        data_folder.write_aside(aside / importing.FILE, data)
        with AT_ONCE:
            answer = _answer(order)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if error := BY_CODE.get(answer.get("code", "")):
        raise error(**answer["values"])
    return cast(Run, store.run(answer["run"]))


def _answer(order: dict) -> dict:
    """What the process that reads a file says: {run} or {code, values}."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", importing.__name__],
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            timeout=PATIENCE_SECONDS,
            env=environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise importing.too_costly() from error
    if done.returncode < 0:  # the system has ended it
        raise importing.too_costly()
    try:
        return json.loads(done.stdout)
    except ValueError as error:  # it has failed, and its traceback is in the server's log
        raise ArchiveUnreadable() from error


def _csv(fields: Iterable[str], rows: Iterable[Iterable]) -> bytes:
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\n")
    table.writerow(fields)
    table.writerows(rows)
    return written.getvalue().encode()
