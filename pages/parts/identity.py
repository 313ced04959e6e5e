"""Sign and verify the visitor's cookie: one place for the server that gives it and the pages that read it.

Imports no streamlit. Giving the cookie to a browser is `middleware`; who is here now is `visitor`.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from filelock import FileLock
from itsdangerous import BadSignature, Signer

from lmcore.runs.folder import data_folder

KEY_LENGTH = 64  # hexadecimal digits


def cookie_name() -> str:
    """One name a data folder: browsers share the cookies of all ports, so two servers on one machine would overwrite each other's."""
    return f"next_word_{_signer(data_folder()).get_signature('name').decode()[:8]}"


def issue() -> str:
    """A new visitor: random id, a dot, its signature."""
    return _signer(data_folder()).sign(secrets.token_urlsafe(16)).decode()


def verify(cookie: str | None) -> str | None:
    """The visitor's id, or None where the cookie is missing or forged."""
    try:
        return _signer(data_folder()).unsign(cookie or "").decode()
    except (BadSignature, UnicodeError):
        return None


@lru_cache(maxsize=8)
def _signer(folder: Path) -> Signer:
    return Signer(_key(folder / "cookie.key"), salt="visitor")


def _key(path: Path) -> str:
    """The key in the data folder, readable by its owner alone; whoever needs it first makes it, the others wait."""
    with FileLock(f"{path}.lock"):
        key = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
        if len(key) < KEY_LENGTH:
            key = secrets.token_hex(KEY_LENGTH // 2)
            aside = path.with_name(f"{path.name}.partial")
            aside.unlink(missing_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(key)
            os.replace(aside, path)
        return key
