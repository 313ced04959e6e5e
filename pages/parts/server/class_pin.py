"""A class behind a PIN: its hash, and the cookie of those who know it. Imports no streamlit.

$NEXT_WORD_CLASS_PIN closes the server to browsers that have not given it; $NEXT_WORD_TEACHER_PIN makes a browser a teacher's. Without
them, a class may be started at the machine itself; its PINs are made here and kept hashed in the data folder. `class_door` asks for the
PIN, `guess_limit` slows down guessing.
"""

import hashlib
import hmac
import json
import os
import secrets
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from lmcore.runs import data_folder
from pages.parts import identity

ENVIRONMENT = {"student": "NEXT_WORD_CLASS_PIN", "teacher": "NEXT_WORD_TEACHER_PIN"}
DIGITS = {"student": 6, "teacher": 8}  # of PINs that are made here; those of the environment have at least as many characters
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
PROXY = "FORWARDED_ALLOW_IPS"  # uvicorn's own setting: the addresses of proxies, or *
LOOPBACK = ("127.0.0.1", "::1", "localhost", "[::1]")
UNREADABLE = {"student": ""}  # a hash that no PIN has: a damaged file closes the server rather than opens it

_made_here: dict[str, str] = {}  # hash -> PIN, as long as this server runs: the teacher may look again


def is_closed() -> bool:
    """Return whether a PIN is asked for."""
    return "student" in pins()


def by_environment() -> bool:
    return bool(_environment())


def role(cookie: str | None) -> str | None:
    """teacher, student, or None for one who has not given a PIN that is valid now."""
    name, _, mark = (identity.verify(cookie, "class") or "").partition(".")
    known = pins().get(name)
    return name if known and hmac.compare_digest(mark, _mark(known)) else None


def may_teach(cookie: str | None) -> bool:
    """Return whether this browser may open rooms as their teacher; without a teacher PIN, each may."""
    return "teacher" not in pins() or role(cookie) == "teacher"


def enter(pin: str) -> str | None:
    """The role that a PIN gives. Takes about 50 ms, by intention."""
    pin = tidy(pin)
    return next((name for name, known in pins().items() if known and _is_pin(pin, known)), None)


def cookie_name() -> str:
    return identity.cookie_name("class_")


def issue(name: str) -> str:
    """The cookie of a role; it is valid until another PIN is set."""
    return identity.signer("class").sign(f"{name}.{_mark(pins()[name])}").decode()


def start():
    """Make new PINs; browsers let in with older ones have to give them again. Not where the environment sets them."""
    made = {name: "".join(secrets.choice("0123456789") for _ in range(count)) for name, count in DIGITS.items()}
    hashed = {name: _hash(pin, secrets.token_hex(16)) for name, pin in made.items()}
    _made_here.update({hashed[name]: pin for name, pin in made.items()})
    data_folder.write_json(_path(), hashed)


def end():
    """The server is open again."""
    _path().unlink(missing_ok=True)


def known_pins() -> dict[str, str]:
    """The PINs that can be shown to the teacher: from the environment, or made since this server was started."""
    made = {name: _made_here[known] for name, known in pins().items() if known in _made_here}
    return {**made, **_environment()}


def pins() -> dict[str, str]:
    """{student or teacher: salted hash}; empty: open to all."""
    if set_by_hand := _environment():
        return {name: _hash(pin, identity.signer("pin").get_signature(name).decode()) for name, pin in set_by_hand.items()}
    try:
        return _read(_path(), _path().stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


def check_environment():
    """Raises ValueError where a PIN of the environment could be guessed, or two PINs are one."""
    pins = _environment()
    for name, pin in pins.items():
        if len(pin) < DIGITS[name]:
            raise ValueError(f"{ENVIRONMENT[name]} needs at least {DIGITS[name]} characters, spaces not counted")
    if len(set(pins.values())) < len(pins):
        raise ValueError(f"{ENVIRONMENT['teacher']} must not be the PIN of the class")


def address(client: str | None, headers: Mapping[str, str]) -> str:
    """Where a request comes from. What a proxy says about it is believed where $FORWARDED_ALLOW_IPS says that one is there; the
    server beneath would believe it from this machine anyway, so without the setting all who come with such a header count as one."""
    believed = os.environ.get(PROXY) or not any(name in headers for name in FORWARDED)
    return client or "" if believed else "behind an unknown proxy"


def is_this_machine(client: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from the machine the server runs on, and by no proxy: its host is its own too."""
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    return client in LOOPBACK and host in LOOPBACK and not any(name in headers for name in FORWARDED)


def _environment() -> dict[str, str]:
    return {name: pin for name, variable in ENVIRONMENT.items() if (pin := tidy(os.environ.get(variable, "")))}


def _path() -> Path:
    return data_folder.data_folder() / "class.json"


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> dict[str, str]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(known[name]) for name in ("student", "teacher")}
    except (ValueError, KeyError, TypeError):
        return UNREADABLE


@lru_cache(maxsize=64)
def _mark(hashed: str) -> str:
    """Which PIN a cookie was given for, without a hint at it."""
    return identity.signer("mark").get_signature(hashed).decode()


def _is_pin(pin: str, hashed: str) -> bool:
    return hmac.compare_digest(_scrypt(pin, hashed.partition(":")[0]), hashed)


@lru_cache(maxsize=8)
def _hash(pin: str, salt: str) -> str:
    return _scrypt(pin, salt)


def _scrypt(pin: str, salt: str) -> str:
    return f"{salt}:{hashlib.scrypt(pin.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()}"


def tidy(pin: str) -> str:
    """PINs are shown in groups, and typed with or without; a Chinese keyboard may write digits in full width."""
    return "".join(unicodedata.normalize("NFKC", pin).split())
