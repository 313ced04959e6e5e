"""A zip archive from somebody else: its members, or a refusal before anything harmful is unpacked. What they mean is `transfer`."""

import io
import stat
import zipfile
import zlib
from collections.abc import Collection

from lmcore.errors import ArchiveTooLarge, ArchiveUnreadable, ArchiveUnsafe

MEMBERS = 64
BYTES = 512_000_000  # of all members together, unpacked
RATIO = 100  # unpacked to packed, of one member
SMALL = 10_000  # bytes: so little may be packed as tightly as it likes
TENSOR_HEADER = 1_000_000  # bytes: thousands of tensors; no run has a hundred
PICKLE_MARKS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")  # the last: what torch.save writes


def pack(members: dict[str, bytes]) -> bytes:
    """Text is squeezed, unless it would shrink so much that `unpack` takes it for an attack; weights do not get smaller."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            is_stored = name.endswith(".safetensors") or len(zlib.compress(content)) * RATIO < 2 * len(content)
            method = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()


def unpack(data: bytes, known: Collection[str]) -> dict[str, bytes]:
    """The members of an archive that holds no others than known ones.

    Raises ArchiveUnreadable, ArchiveTooLarge, or ArchiveUnsafe with the first name that does not belong there.
    """
    if len(data) > BYTES:
        raise _too_large()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            _check_names(entries, known)
            members = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, MemoryError) as error:
        raise ArchiveUnreadable() from error
    for name, content in members.items():
        if content.startswith(PICKLE_MARKS):
            raise ArchiveUnsafe(name=name)
        if name.endswith(".safetensors") and int.from_bytes(content[:8], "little") > TENSOR_HEADER:
            raise ArchiveUnsafe(name=name)
    return members


def _check_sizes(entries: list[zipfile.ZipInfo]):
    """By what the archive's directory says; more than it says is never read."""
    if len(entries) > MEMBERS or sum(entry.file_size for entry in entries) > BYTES:
        raise _too_large()
    if any(entry.file_size > max(SMALL, RATIO * entry.compress_size) for entry in entries):
        raise _too_large()


def _check_names(entries: list[zipfile.ZipInfo], known: Collection[str]):
    """Known names hold no path; a link would have one of them and another type."""
    seen = set()
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.filename not in known or entry.filename in seen or kind not in (0, stat.S_IFREG) or entry.flag_bits & 1:
            raise ArchiveUnsafe(name=shown(entry.filename))
        seen.add(entry.filename)


def shown(name: str) -> str:
    """A name somebody else chose, fit to be shown and stored.

    >>> shown("a\\ud800\\nb" + "c" * 300)[:4], len(shown("a" * 300))
    ('a��b', 120)
    """
    text = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)[:120]


def _too_large() -> ArchiveTooLarge:
    return ArchiveTooLarge(members=MEMBERS, megabytes=BYTES // 1_000_000, ratio=RATIO)
