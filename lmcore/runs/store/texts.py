"""The texts of a store: add, look up, share. A text is stored once by its content, and each visitor's entry names it.

Deleting a text, which concerns the runs on it, is `store`. Needs no torch.
"""

import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lmcore.errors import LimitError, TextChanged, TextMissing, TextNotFound
from lmcore.runs import data_folder
from lmcore.runs.store import housekeeping, limits
from lmcore.runs.store.database import Database, now
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.records import Text
from lmcore.text.decoding import one_line


def new_id() -> str:
    """Return a random id, too long to be guessed."""
    return secrets.token_urlsafe(16)


class TextStore:
    """The texts of a store."""

    def __init__(self, data: Path, limits: Limits | None = None, create: bool = True) -> None:
        """Open the store of a data folder. limits: None for those of the environment. create: make a store where there is none.

        Raises StoreMissing or StoreTooNew."""
        self.folder, self.limits = Path(data), limits or Limits.from_environment()
        self.database = Database(self.folder / "store.sqlite", create)

    def add_text(
        self,
        *,
        owner: str | None,
        name: str,
        content: str,
        kind: str,
        encoding: str,
        unreadable: int = 0,
        changes: Iterable[str] = (),
        sample: str | None = None,
    ) -> Text:
        """Add a text and return it. Raises TextTooLarge or a LimitError before anything is written."""
        size = len(content.encode())
        self.check_text(owner, size)
        text = Text(
            new_id(), owner, data_folder.keep_text(self.folder, content), one_line(name), kind, encoding, unreadable, tuple(changes), len(content),
            size, sample, now(),
        )  # fmt: skip
        row = {**vars(text), "changes": json.dumps(text.changes)}
        with self.database.writing() as connection:
            limits.check_text(self.limits, connection, owner, size)
            connection.execute(f"INSERT INTO texts ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
            data_folder.keep_text(self.folder, content)  # again: `purge` may have removed the same text just now
        return text

    def check_text(self, owner: str | None, size: int) -> None:
        """Check that this visitor may keep one more text of `size` UTF-8 bytes. What they have deleted is removed for good where that
        makes room. Raises TextTooLarge or a LimitError."""
        try:
            with self.database.reading() as connection:
                limits.check_text(self.limits, connection, owner, size)
        except LimitError:
            housekeeping.purge(self, before=now(), owner=owner)
            with self.database.reading() as connection:
                limits.check_text(self.limits, connection, owner, size)

    def text(self, text_id: str) -> Text | None:
        """Return a text; also a deleted one until it is purged, because its runs still name it."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT * FROM texts WHERE id = ?", (text_id,)).fetchone()
        return Text.of(row) if row else None

    def texts(self, owner: str | None) -> list[Text]:
        """Return the texts of a visitor, the newest first; of None, the samples."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM texts WHERE owner IS ? AND deleted IS NULL ORDER BY rowid DESC", (owner,)
            ).fetchall()
        return [Text.of(row) for row in rows]

    def content(self, text_id: str) -> str:
        """Return the content of a text. Raises TextMissing or TextChanged where its file is not what was kept."""
        text = self.text(text_id)
        return data_folder.read_text(self.folder, text.sha256) if text else ""

    def check_text_file(self, text_id: str) -> None:
        """Check that the file of a text exists and has its size. Raises TextMissing or TextChanged; `content` looks at each byte."""
        text = self.text(text_id)
        path = data_folder.text_path(self.folder, text.sha256) if text else None
        if path is None or not path.exists():
            raise TextMissing()
        if path.stat().st_size != text.bytes:
            raise TextChanged()

    def set_kind(self, text_id: str, kind: str) -> None:
        """Set the kind of a text for later runs; a run has its own kind, fixed when it was first claimed."""
        self._change_text(text_id, "kind = ?", kind)

    def share_text(self, text_id: str, shared: bool) -> None:
        """Set whether others may read a text."""
        self._change_text(text_id, "shared = ?", shared)

    def _change_text(self, text_id: str, what: str, *values: Any) -> None:
        with self.database.writing() as connection:
            if not connection.execute(f"UPDATE texts SET {what} WHERE id = ?", (*values, text_id)).rowcount:
                raise TextNotFound()
