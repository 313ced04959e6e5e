"""Sign and verify the visitor's cookie: for the server that gives it and for the pages that read it.

Imports no streamlit. Giving the cookie to a browser is `middleware`; who is here now is `visitor`; a class's own cookie is `server.class_pin`.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from filelock import FileLock
from itsdangerous import BadSignature, Signer

from lmcore.runs.data_folder import data_folder

KEY_LENGTH = 64  # hexadecimal digits


def cookie_name(purpose: str = "") -> str:
    """One name a data folder: browsers share the cookies of all ports, so two servers on one machine would overwrite each other's."""
    return f"next_word_{purpose}{signer().get_signature('name').decode()[:8]}"


def issue(visitor: str | None = None, salt: str = "visitor") -> str:
    """The cookie of a visitor, a new one where none is named: random id, a dot, its signature."""
    return signer(salt).sign(visitor or secrets.token_urlsafe(16)).decode()


def verify(cookie: str | None, salt: str = "visitor") -> str | None:
    """The visitor's id, or what else was signed with another salt; None where the cookie is missing or forged."""
    try:
        return signer(salt).unsign(cookie or "").decode()
    except (BadSignature, UnicodeError):
        return None


def signer(salt: str = "visitor") -> Signer:
    """What is signed with one salt is forged under another."""
    return _signer(data_folder(), salt)


@lru_cache(maxsize=16)
def _signer(folder: Path, salt: str) -> Signer:
    return Signer(_key(folder / "cookie.key"), salt=salt)


def _key(path: Path) -> str:
    """The key in the data folder; where nothing can be written, one that is valid as long as this server runs: pages then say
    what is wrong."""
    try:
        return _read(path) or _made(path)
    except OSError:
        return secrets.token_hex(KEY_LENGTH // 2)


def _read(path: Path) -> str:
    key = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
    return key if len(key) >= KEY_LENGTH else ""


def _made(path: Path) -> str:
    """Return the key, readable by its owner alone. The first process that needs it makes it; others wait."""
    with FileLock(f"{path}.lock"):
        key = _read(path)
        if not key:
            key = secrets.token_hex(KEY_LENGTH // 2)
            aside = path.with_name(f"{path.name}.partial")
            aside.unlink(missing_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(key)
            os.replace(aside, path)
        return key
