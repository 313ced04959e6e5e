"""Run files from outside: taken apart, changed, packed again; and read in this process, without one of its own."""

import io
import json
import secrets
import shutil
import zipfile
from pathlib import Path

from safetensors.torch import load, save

from lmcore.runs import data_folder
from lmcore.runs.exchange import importing
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.training import checkpoint


def take_in(store: Store, owner: str, data: bytes) -> Run:
    """What `transfer.import_run` does, without a process of its own."""
    aside = store.folder / importing.FOLDER / secrets.token_hex(8)
    try:
        data_folder.write_aside(aside / importing.FILE, data)
        return importing.take_in(store, owner, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(entries, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """entries: (name or ZipInfo, content)."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as target:
        for name, content in entries:
            target.writestr(name, content)
    return written.getvalue()


def with_json(found: dict[str, bytes], name: str, change) -> dict[str, bytes]:
    values = json.loads(found[name])
    change(values)
    return {**found, name: json.dumps(values).encode()}


def with_weights(found: dict[str, bytes], change) -> dict[str, bytes]:
    """A model file with a right digest over changed content: change(tensors, header)."""
    content = found["model.safetensors"]
    size = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["next_word"])
    tensors = load(content)
    change(tensors, header)
    text = json.dumps(header, sort_keys=True)
    written = save(tensors, metadata={"next_word": text, "sha256": checkpoint._digest(text, tensors)})
    return {**found, "model.safetensors": written}


def is_untouched(store: Store, owner: str = "ben"):
    assert store.runs(owner) == [] and store.texts(owner) == []
    assert not files(store.folder / "runs") and not files(store.folder / "imports")


def files(path: Path) -> list[Path]:
    return list(path.rglob("*")) if path.exists() else []
