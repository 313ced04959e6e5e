"""Recovery codes, by which a visitor goes on in another browser. Only their hashes are kept. Needs no torch."""

import hashlib
import secrets

from lmcore.runs.store.rooms import ALPHABET
from lmcore.runs.store.store import Store

GROUPS, GROUP_LENGTH = 5, 4  # 20 signs of 30: 98 bits, too many to be guessed, so a plain hash is enough


def new_code(store: Store, visitor: str) -> str:
    """Return a code to be written down, such as 7KQM-2XTR-9FHD-W3PC-4GJN; an older one of this visitor is no longer valid."""
    groups = ["".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)]
    code = "-".join(groups)
    with store.database.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO recovery_codes (visitor, hash) VALUES (?, ?)", (visitor, _hash(code)))
    return code


def visitor_of(store: Store, code: str) -> str | None:
    """Return whose code this is, however it is spaced; None where it is unknown."""
    with store.database.reading() as connection:
        row = connection.execute("SELECT visitor FROM recovery_codes WHERE hash = ?", (_hash(code),)).fetchone()
    return row["visitor"] if row else None


def _hash(code: str) -> str:
    return hashlib.sha256("".join(filter(str.isalnum, code.upper())).encode()).hexdigest()
