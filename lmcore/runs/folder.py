"""Where everything is kept: one data folder, a folder a run, a file a text. Needs no torch."""

import contextlib
import hashlib
import json
import os
import threading
from pathlib import Path

import platformdirs

from lmcore.errors import TextChanged, TextMissing

ENVIRONMENT = "NEXT_WORD_DATA"


def data_folder() -> Path:
    """$NEXT_WORD_DATA, or the user's data directory of this system."""
    folder = Path(os.environ.get(ENVIRONMENT) or platformdirs.user_data_path("next-word"))
    with contextlib.suppress(OSError):  # who opens the store there says why it cannot be
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep_private(data: Path):
    """Make the data folder, and close it and the store in it to other accounts of the machine. A folder that holds other things
    than ours is left as it is."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = data / "store.sqlite"
    for path in (data, store) if store.exists() or not any(data.iterdir()) else ():
        with contextlib.suppress(OSError):  # another's: who may not write there says so
            if path.exists() and path.stat().st_mode & 0o077:
                path.chmod(path.stat().st_mode & 0o700)


def run_folder(data: Path, run_id: str) -> Path:
    return Path(data) / "runs" / run_id


def checkpoints(folder: Path) -> list[Path]:
    """A run's checkpoints, the newest first."""
    return sorted(Path(folder).glob("checkpoint-*.safetensors"), key=step_of, reverse=True)


def best_first(folder: Path, best_step: int | None) -> list[Path]:
    """The same, that of the best validation loss before all others: what a model is asked from and given away as. Training goes on
    from the newest."""
    return sorted(checkpoints(folder), key=lambda path: step_of(path) != best_step)


def checkpoint_path(folder: Path, step: int) -> Path:
    return Path(folder) / f"checkpoint-{step}.safetensors"


def step_of(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def write_aside(path: Path, content: bytes):
    """A reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.partial")  # two visitors may bring the same text
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, values):
    write_aside(path, json.dumps(values, ensure_ascii=False).encode())


def read_json(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def keep_text(data: Path, content: str) -> str:
    """Store a text once, by its content -> sha256. A file that has been changed since then is written anew."""
    encoded = content.encode()
    sha256 = hashlib.sha256(encoded).hexdigest()
    path = text_path(data, sha256)
    if not path.exists() or path.read_bytes() != encoded:
        write_aside(path, encoded)
    return sha256


def read_text(data: Path, sha256: str) -> str:
    """A text as it was kept. Raises TextMissing or TextChanged."""
    try:
        content = text_path(data, sha256).read_bytes()
    except FileNotFoundError as error:
        raise TextMissing() from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TextChanged()
    return content.decode()


def text_path(data: Path, sha256: str) -> Path:
    return Path(data) / "texts" / f"{sha256}.txt"
