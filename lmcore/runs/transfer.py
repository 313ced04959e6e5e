"""A run as one file, to be kept or given away, and back into a store: weights, settings, tokenizer, curve, and a card about it.

A file from somebody else is refused unless all of it fits together; `archive` unpacks it, `restoring` tries its weights.
"""

import csv
import dataclasses
import io
import json
import math
import os
import secrets
import shutil
from pathlib import Path
from typing import Any, cast

from lmcore import checkpoint
from lmcore.config import RunConfig
from lmcore.corpus import OPENING, Corpus, encode
from lmcore.errors import ArchiveContradicts, ArchiveIncomplete, CheckpointDamaged, CheckpointMissing, RunNotFound
from lmcore.kinds import KINDS
from lmcore.runs import archive, folder, housekeeping, limits, restoring
from lmcore.runs.model_card import model_card
from lmcore.runs.records import STEP_FIELDS, EvaluationRow, Run, StepRow, Text
from lmcore.runs.store import Store, new_id, now
from lmcore.tokenizers import Tokenizer, load_tokenizer

VERSION = 1
MODEL, CONFIG, TOKENIZER, STEPS = "model.safetensors", "config.json", "tokenizer.json", "steps.csv"
EVALUATIONS, CARD, TEXT = "evaluations.csv", "README.md", "text.txt"
NEEDED = (MODEL, CONFIG, TOKENIZER, STEPS, EVALUATIONS)
EVALUATION_FIELDS = tuple(entry.name for entry in dataclasses.fields(EvaluationRow))
WITHOUT_TEXT = "transfer.without_text"  # the note on a run whose text did not come with it


def export_run(store: Store, run_id: str, with_text: bool = True) -> bytes:
    """A zip file. with_text: for the owner; without it a run can be looked at elsewhere, not resumed.

    Raises RunNotFound or CheckpointMissing.
    """
    run = store.run(run_id)
    if run is None:
        raise RunNotFound()
    text, run_folder = cast(Text, store.text(run.text_id)), folder.run_folder(store.folder, run_id)
    model, step = _model(run_folder, None if with_text else run.best_step)
    tokenizer = folder.read_json(run_folder / TOKENIZER)
    steps, evaluations = store.steps(run_id), store.evaluations(run_id)
    rows = zip(*(getattr(steps, name).tolist() for name in STEP_FIELDS), strict=True)
    config = {
        "next_word": VERSION,
        "name": run.name,
        "requested": run.requested.to_json(),
        "resolved": run.resolved.to_json(),
        "status": run.status,
        "pinned_context": run.pinned_context,
        "reference_lines": run.reference_lines,
        "text": {"name": text.name, "kind": folder.read_json(run_folder / "run.json")["kind"], "sha256": text.sha256},
    }
    members = {
        CARD: model_card(run, text, load_tokenizer(tokenizer).vocabulary_size, step, with_text).encode(),
        CONFIG: json.dumps(config, ensure_ascii=False, indent=1).encode(),
        TOKENIZER: json.dumps(tokenizer, ensure_ascii=False).encode(),
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
    return archive.pack(members | ({TEXT: store.content(run.text_id).encode()} if with_text else {}))


def import_run(store: Store, owner: str, data: bytes) -> Run:
    """A new run of a visitor from a file that `export_run` made.

    Raises a TransferError where it is no such file or harmful, a LimitError where the visitor keeps too many runs or bytes.
    """
    members = archive.unpack(data, (*NEEDED, CARD, TEXT))
    if missing := next((name for name in NEEDED if name not in members), None):
        raise ArchiveIncomplete(name=missing)
    config = _read(CONFIG, members, _config)
    tokenizer = _read(TOKENIZER, members, _tokenizer)
    steps, evaluations = _read(STEPS, members, _steps), _read(EVALUATIONS, members, _evaluations)
    content = members[TEXT].decode("utf-8", "replace") if TEXT in members else None
    housekeeping.make_room(store, owner)
    aside = store.folder / "imports" / secrets.token_hex(8)
    try:
        path = aside / "checkpoint-0.safetensors"
        folder.write_aside(path, members[MODEL])
        saved = _checked(path, config, tokenizer, content)
        if [row.step for row in steps] != list(range(1, len(steps) + 1)) or len(steps) < saved.step:
            raise ArchiveIncomplete(name=STEPS)
        os.replace(path, folder.checkpoint_path(aside, saved.step))
        folder.write_json(aside / TOKENIZER, tokenizer.to_json())
        text = _text(store, owner, config["text"], content, tokenizer, saved)
        evaluations = [row for row in evaluations if row.step <= saved.step]
        return _insert(store, owner, config, text, saved, steps[: saved.step], evaluations, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _model(run_folder: Path, best_step: int | None) -> tuple[bytes, int]:
    """With its text a run can go on, so the newest; without, it can only be asked: the best, where its step is given."""
    for path in folder.best_first(run_folder, best_step):
        try:
            content, saved = path.read_bytes(), checkpoint.load(path)
        except (CheckpointDamaged, OSError):  # or replaced just now by its worker
            continue
        return content, saved.step
    raise CheckpointMissing()


def _csv(fields, rows) -> bytes:
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\n")
    table.writerow(fields)
    table.writerows(rows)
    return written.getvalue().encode()


# what is in a file from somebody else


def _read(name: str, members: dict[str, bytes], read):
    try:
        return read(members[name].decode())
    except (*restoring.UNFIT, csv.Error) as error:
        raise ArchiveIncomplete(name=name) from error


def _config(content: str) -> dict:
    values = json.loads(content)
    if values["next_word"] > VERSION or values["text"]["kind"] not in KINDS:
        raise ValueError
    lines: list[list] = [[str(name), int(order), float(loss)] for name, order, loss in values["reference_lines"]]
    return {
        "name": archive.shown(str(values["name"])) or "…",
        "requested": RunConfig.from_json(values["requested"]),
        "resolved": RunConfig.from_json(values["resolved"]),
        "finished": values["status"] == "finished",
        "pinned_context": _clean(str(values["pinned_context"]))[:500],
        "reference_lines": [line for line in lines if math.isfinite(line[2])],
        "text": {"name": archive.shown(str(values["text"]["name"])) or "…", "kind": values["text"]["kind"],
                 "sha256": str(values["text"]["sha256"])},
    }  # fmt: skip


def _tokenizer(content: str) -> Tokenizer:
    tokenizer = load_tokenizer(json.loads(content))
    "".join(tokenizer.vocabulary).encode()  # words, and none that cannot be written
    if len(tokenizer.vocabulary) != tokenizer.vocabulary_size:
        raise ValueError
    return tokenizer


def _steps(content: str) -> list[StepRow]:
    rows = csv.DictReader(io.StringIO(content))
    whole = ("step", "tokens")
    found: list[dict[str, Any]] = [
        {name: int(float(row[name])) if name in whole else float(row[name]) for name in STEP_FIELDS} for row in rows
    ]
    return [StepRow(**values) for values in found]


def _evaluations(content: str) -> list[EvaluationRow]:
    csv.field_size_limit(1_000_000)
    found = []
    for row in csv.DictReader(io.StringIO(content, newline="")):
        loss, bits = (float(row[name]) if row[name] else None for name in ("loss", "bits_per_byte"))
        bars = [[_clean(str(token)), min(1.0, max(0.0, float(p)))] for token, p in json.loads(row["bars"])][:100]
        found.append(
            EvaluationRow(
                int(row["step"]),
                loss,
                bits,
                row["improved"] == "True",
                _clean(row["sample"]),
                _clean(row["pinned_context"]),
                bars,
            )
        )
    return found


def _clean(text: str) -> str:
    """Without what no text file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _checked(path: Path, config: dict, tokenizer: Tokenizer, content: str | None) -> checkpoint.Checkpoint:
    """The weights, if they belong to the settings, the tokenizer and the text."""
    try:
        saved = checkpoint.load(path)
        restoring.network_of(saved, tokenizer.vocabulary_size)
        _check_opening(saved, config["text"]["kind"], tokenizer)
        right = saved.step > 0 and saved.config == config["resolved"]
        if content is not None:
            data = encode(Corpus.from_text(content, config["text"]["kind"]), tokenizer)
            named = folder.checkpoint_path(path.parent, saved.step)
            os.link(path, named)
            restoring.restore(named, data, tokenizer.vocabulary_size)
    except restoring.UNFIT as error:
        raise ArchiveContradicts() from error
    if not right:
        raise ArchiveContradicts()
    return saved


def _check_opening(saved: checkpoint.Checkpoint, kind: str, tokenizer: Tokenizer):
    opening, begin_id = saved.tensors["opening"], saved.header["begin_id"]
    inside = 0 < len(opening) <= OPENING and int(opening.min()) >= 0 and int(opening.max()) < tokenizer.vocabulary_size
    begins = begin_id is None if kind == "stream" else begin_id == tokenizer.begin_id == int(opening[0])
    if saved.header["kind"] != kind or not inside or not begins or opening.dim() != 1 or opening.is_floating_point():
        raise ArchiveContradicts()


# into the store


def _text(store: Store, owner: str, described: dict, content: str | None, tokenizer, saved) -> Text:
    """The visitor's own copy of the same text, or a sample; else the one that came along, or the few tokens that are known of it."""
    for text in (*store.texts(owner), *store.texts(None)):
        if text.sha256 == described["sha256"] and text.kind == described["kind"] and content in (None, store.content(text.id)):
            return text
    if content is None:
        content = tokenizer.decode(saved.tensors["opening"].numpy()) or "…"
    return store.add_text(
        owner=owner, name=described["name"], content=content, kind=described["kind"], encoding="UTF-8"
    )  # fmt: skip


def _insert(store: Store, owner, config, text: Text, saved, steps, evaluations, aside: Path) -> Run:
    """Rows and folder, both or none. What cannot be resumed counts as finished."""
    run_id, training = new_id(), config["resolved"].training
    has_text = text.sha256 == config["text"]["sha256"]
    over = config["finished"] or saved.step >= training.planned_steps or not has_text
    best = min((row for row in evaluations if row.loss is not None), key=lambda row: row.loss, default=None)
    row = {
        "id": run_id,
        "owner": owner,
        "text_id": text.id,
        "name": config["name"],
        "requested": json.dumps(config["requested"].to_json()),
        "resolved": json.dumps(config["resolved"].to_json()),
        "notes": json.dumps([] if has_text else [{"code": WITHOUT_TEXT, "values": {}}]),
        "status": "finished" if over else "stopped",
        "pinned_context": config["pinned_context"],
        "created": now(),
        "started": now(),
        "ended": now(),
        "step": saved.step,
        "planned_steps": training.planned_steps,
        "tokens": steps[-1].tokens,
        "seconds": steps[-1].seconds,
        "best_step": best.step if best else None,
        "best_loss": best.loss if best else None,
        "best_bits_per_byte": best.bits_per_byte if best else None,
        "reference_lines": json.dumps(config["reference_lines"]),
    }
    folder.write_json(
        aside / "run.json", {"id": run_id, "kind": config["text"]["kind"], "requested": config["requested"].to_json()}
    )
    with store.database.writing() as connection:
        limits.check_kept(store.limits, connection, owner)
        connection.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
        for table, fields, rows in (("steps", STEP_FIELDS, steps), ("evaluations", EVALUATION_FIELDS, evaluations)):
            values = [(run_id, *dataclasses.astuple(entry)) for entry in rows]
            if table == "evaluations":
                values = [(*entry[:-1], json.dumps(entry[-1])) for entry in values]
            connection.executemany(
                f"INSERT INTO {table} (run, {', '.join(fields)}) VALUES (?, {', '.join('?' * len(fields))})", values
            )
        run_folder = folder.run_folder(store.folder, run_id)
        run_folder.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, run_folder)
    return cast(Run, store.run(run_id))
