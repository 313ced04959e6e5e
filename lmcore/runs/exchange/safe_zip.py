"""A zip archive that a visitor brings: its members, or a refusal before anything harmful is unpacked. What they mean is `run_schema`.

No more is ever unpacked than the archive's directory says, and that is limited: for each member, and for all together.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lmcore.errors import ArchiveMemberTooLarge, ArchiveTooLarge, ArchiveUnreadable, ArchiveUnsafe

MEMBERS = 64
BYTES = 512_000_000  # of all members together, unpacked
RATIO = 100  # unpacked to packed, of one member
SMALL = 10_000  # bytes: so little may be packed as tightly as it likes
BLOCK = 1 << 20  # bytes
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of the others, zipfile unpacks without a limit
TENSOR_HEADER = 1_000_000  # bytes: thousands of tensors; no run has a hundred
PICKLE_MARKS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")  # the last: what torch.save writes


def pack(members: dict[str, bytes]) -> bytes:
    """Write an archive. Text is compressed unless it would shrink so much that `opened` took it for an attack; weights are not."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            is_stored = name.endswith(".safetensors") or len(zlib.compress(content)) * RATIO < 2 * len(content)
            method = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()


class Member(io.RawIOBase):
    """A member, unpacked block by block. Raises ArchiveUnreadable as soon as it holds more than the directory says."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        self.left = entry.file_size
        entry.file_size += 1  # zipfile stops there: one byte more than it may be is enough to see the lie
        with _readable():
            self.source = archive.open(entry)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into a buffer and return how many."""
        with _readable():
            block = self.source.read(len(buffer))
        self.left -= len(block)
        if self.left < 0:
            raise ArchiveUnreadable()
        buffer[: len(block)] = block
        return len(block)


class Archive:
    """The members of an archive that holds only known ones, each of which can be read once. Made by `opened`."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file = file
        self.entries = {entry.filename: entry for entry in file.infolist()}
        self.sizes = {name: entry.file_size for name, entry in self.entries.items()}  # bytes, unpacked

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def stream(self, name: str) -> "io.BufferedReader[Member]":
        """Raises ArchiveUnreadable, here or while it is read, and ArchiveUnsafe where its first bytes are those of a pickle."""
        member = io.BufferedReader(Member(self.file, self.entries[name]), BLOCK)
        begin = member.peek(8)
        if begin.startswith(PICKLE_MARKS):
            raise ArchiveUnsafe(name=name)
        if name.endswith(".safetensors") and int.from_bytes(begin[:8], "little") > TENSOR_HEADER:
            raise ArchiveUnsafe(name=name)
        return member

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        return self.stream(name).read()

    def lines(self, name: str, longest: int) -> Iterator[str]:
        """Of UTF-8, each with its end. Raises UnicodeDecodeError, or ValueError where one has more than `longest` characters."""
        text = io.TextIOWrapper(self.stream(name), "utf-8", newline="")
        while line := text.readline(longest + 1):
            if len(line) > longest:
                raise ValueError(f"a line of {name} is too long")
            yield line

    def extract(self, name: str, path: Path) -> None:
        """Write a member to a file."""
        stream = self.stream(name)
        with path.open("wb") as file:
            while block := stream.read(BLOCK):
                file.write(block)


@contextmanager
def opened(path: Path, known: Mapping[str, int]) -> Iterator[Archive]:
    """Return an archive, checked before anything is unpacked. known: the most bytes of each member that may be there.

    Raises ArchiveUnreadable, ArchiveTooLarge, ArchiveMemberTooLarge, or ArchiveUnsafe with the first name that does not belong there.
    """
    with _readable():
        file = zipfile.ZipFile(path)
    with file:
        entries = file.infolist()
        if len(entries) > MEMBERS or sum(entry.file_size for entry in entries) > BYTES:
            raise too_large()
        _check_names(entries, known)
        for entry in entries:
            if entry.file_size > known[entry.filename]:
                raise ArchiveMemberTooLarge(name=entry.filename, megabytes=known[entry.filename] / 1e6)
            if entry.file_size > max(SMALL, RATIO * entry.compress_size):
                raise too_large()
            if entry.compress_type not in METHODS:
                raise ArchiveUnreadable()
        yield Archive(file)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise ArchiveUnreadable() from error


def _check_names(entries: list[zipfile.ZipInfo], known: Mapping[str, int]) -> None:
    """Check that every member has a known name, which holds no path, and is a plain file."""
    seen = set()
    for entry in entries:
        file_type = stat.S_IFMT(entry.external_attr >> 16)
        if entry.filename not in known or entry.filename in seen or file_type not in (0, stat.S_IFREG) or entry.flag_bits & 1:
            raise ArchiveUnsafe(name=shown(entry.filename))
        seen.add(entry.filename)


def shown(name: str) -> str:
    """Return a name from outside so that it can be shown and stored.

    >>> shown("a\\ud800\\nb" + "c" * 300)[:4], len(shown("a" * 300))
    ('a��b', 120)
    """
    text = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)[:120]


def too_large() -> ArchiveTooLarge:
    """Return the error for an archive that would unpack to more than the limits."""
    return ArchiveTooLarge(members=MEMBERS, megabytes=BYTES // 1_000_000, ratio=RATIO)
