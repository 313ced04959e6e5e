"""The data folder: where it is, the texts in it, and how a file is written. A run's folder in it is `run_folder`. Needs no torch."""

import contextlib
import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any

import platformdirs

from lmcore.errors import TextChanged, TextMissing

ENVIRONMENT = "NEXT_WORD_DATA"


def data_folder() -> Path:
    """Return $NEXT_WORD_DATA, or the user's data directory of this system; make it where it is missing."""
    path = Path(os.environ.get(ENVIRONMENT) or platformdirs.user_data_path("next-word"))
    with contextlib.suppress(OSError):  # opening the store there says why it cannot be made
        path.mkdir(parents=True, exist_ok=True)
    return path


def keep_private(data: Path) -> None:
    """Make the data folder, and close it and the store in it to other accounts of the machine.

    A folder that already holds other things and no store is left as it is."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = data / "store.sqlite"
    for path in (data, store) if store.exists() or not any(data.iterdir()) else ():
        with contextlib.suppress(OSError):  # owned by another account: writing there says so
            if path.exists() and path.stat().st_mode & 0o077:
                path.chmod(path.stat().st_mode & 0o700)


def write_aside(path: Path, content: bytes) -> None:
    """Write a file beside the old one, then replace it: a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.partial")  # two visitors may bring the same text
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, values: Any) -> None:
    """Write values as JSON, as `write_aside` does."""
    write_aside(path, json.dumps(values, ensure_ascii=False).encode())


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises OSError or ValueError."""
    return json.loads(path.read_text(encoding="utf-8"))


def keep_text(data: Path, content: str) -> str:
    """Store a text once, under the SHA-256 of its content, which is returned. A file that was changed since is written again."""
    encoded = content.encode()
    sha256 = hashlib.sha256(encoded).hexdigest()
    path = text_path(data, sha256)
    if not path.exists() or path.read_bytes() != encoded:
        write_aside(path, encoded)
    return sha256


def read_text(data: Path, sha256: str) -> str:
    """Return a text as it was stored. Raises TextMissing or TextChanged."""
    try:
        content = text_path(data, sha256).read_bytes()
    except FileNotFoundError as error:
        raise TextMissing() from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TextChanged()
    return content.decode()


def text_path(data: Path, sha256: str) -> Path:
    """Return where the text with this SHA-256 is kept."""
    return Path(data) / "texts" / f"{sha256}.txt"
