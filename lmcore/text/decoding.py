"""Bytes to text, with what could not be read and what was tidied. The encoding is found by `detection`; kinds of text are `kinds`."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import regex

from lmcore.errors import BinaryText, EmptyFile, EmptyText, EncodingUnknown, TextTooLarge, UndecodableText
from lmcore.text.detection import excerpts, read, recognise

LIMIT = 50_000_000  # bytes
SIGNATURES = {  # how a file of another kind begins: more than its first letters, since a text may begin with those
    rb"\x89PNG\r\n\x1a\n": "a PNG picture",
    rb"\xff\xd8\xff[\xc0-\xfe]": "a JPEG picture",
    rb"GIF8[79]a.{0,6}[\x00-\x08\x0e-\x1f]": "a GIF picture",
    rb"%PDF-\d\.\d\s.{0,4000}?(\d obj\b|[\x00-\x08\x0e-\x1f])": "a PDF document",
    rb"PK\x03\x04": "a ZIP archive or an office document",
    rb"\x1f\x8b|BZh\d1AY|\xfd7zXZ\x00": "a compressed file",
    rb"7z\xbc\xaf\x27\x1c": "a 7z archive",
    rb"Rar!\x1a": "a RAR archive",
    rb".{257}ustar[\x00 ]": "a TAR archive",
    rb"\xd0\xcf\x11\xe0": "an old office document",
    rb"\{\\rtf\d?\s*\\": "an RTF document",
    rb"\x7fELF|MZ.{0,64}[\x00-\x08\x0e-\x1f]": "a program",
    rb"SQLite format 3\x00": "a database",
    rb"ID3[\x02-\x04]\x00|RIFF....(WAVE|AVI )|....ftyp|OggS\x00|fLaC\x00": "a sound or a film",
    rb"RIFF....WEBP|II\x2a\x00|MM\x00\x2a": "a picture",
}
CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
INVISIBLE = "\xad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # soft hyphens; marks of direction would turn round the page
LINE_ENDS = ("\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
UNTIDY = re.compile(f"[{CONTROL}{INVISIBLE}\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029\ud800-\udfff]")
TIDY = bytes(code for code in range(128) if not UNTIDY.match(chr(code)))
CHUNK = 1 << 16  # characters: small enough to stay in the processor's cache
CONTROLS = re.compile(f"[{CONTROL}]")
INVISIBLES = re.compile(f"[{INVISIBLE}]")
SURROGATES = re.compile("[\ud800-\udfff]")
DROPPED = ("control_characters", "invisible")
SEEN = regex.compile(r"[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]")
MARKS_WITHOUT_END = regex.compile(r"\p{M}{65}")


@dataclass(frozen=True)
class Decoded:
    """The text of a file, and what was done to read it."""

    text: str
    encoding: str
    unreadable: int  # characters shown as U+FFFD
    changes: tuple[str, ...]  # what normalise did


def decode(data: bytes, *, name: str = "", encoding: str | None = None, limit: int = LIMIT) -> Decoded:
    """Raises EmptyText, EmptyFile, TextTooLarge, BinaryText, EncodingUnknown or UndecodableText.

    >>> decode("语言模型".encode("gb18030"), encoding="gb18030").text
    '语言模型'
    >>> decode(b"\\xef\\xbb\\xbfone\\r\\ntwo")
    Decoded(text='one\\ntwo', encoding='utf-8', unreadable=0, changes=('bom', 'line_ends'))
    """
    if len(data) > limit:
        raise TextTooLarge(megabytes=len(data) / 1e6, limit=limit // 1_000_000)
    _refuse_other_kinds(data, name)
    used = encoding or recognise(data)[0].encoding
    raw, unreadable = _read(data, used, name)
    if encoding is None and _is_noise(raw, used):
        raise EncodingUnknown(name=name)
    text, changes = normalise(raw)
    if used == "utf-8-sig":
        used, changes = "utf-8", ("bom", *(change for change in changes if change != "bom"))
    if is_blank(text):
        raise EmptyFile(name=name) if name else EmptyText()
    return Decoded(text, used, unreadable, changes)


def possible_readings(data: bytes) -> dict[str, str]:
    """Return {encoding: an excerpt where they first differ} where more than one encoding suits the bytes about equally well.

    >>> possible_readings(b"plain")
    {}
    """
    try:
        _refuse_other_kinds(data, "")
    except BinaryText:
        return {}
    found = [reading for reading in recognise(data) if not _is_noise(reading.text, reading.encoding)]
    return dict(zip((reading.encoding for reading in found), excerpts(found), strict=True)) if len(found) > 1 else {}


def _refuse_other_kinds(data: bytes, name: str) -> None:
    for signature, looks_like in SIGNATURES.items():
        if re.match(signature, data, re.DOTALL):
            raise BinaryText(name=name, looks_like=looks_like)


def _read(data: bytes, encoding: str, name: str) -> tuple[str, int]:
    """Return (text, number of characters that could not be read)."""
    try:
        text = read(data, encoding)
    except (LookupError, ValueError) as error:  # ValueError: a name with a NUL in it
        raise UndecodableText(name=name, encoding=encoding) from error
    meant = data.count("\ufffd".encode()) if encoding.lower().startswith("utf-8") else 0
    return text, text.count("\ufffd") - meant


def _is_noise(text: str, encoding: str) -> bool:
    threshold = 0.5 if encoding == "utf-8" else 0.05
    part = text[:10_000]
    odd = sum(unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs") and not character.isspace() for character in part)
    return odd + part.count("\ufffd") > threshold * len(part)


def normalise(text: str) -> tuple[str, tuple[str, ...]]:
    """Return (tidied text, codes of what was changed): one line end, no control characters, no marks of direction, no half
    characters, NFC. Where characters were dropped, their number stands behind the code.

    >>> normalise("a\\x00b\\r\\nc")
    ('ab\\nc', ('line_ends', 'control_characters 1'))
    """
    steps: list[tuple[str, Callable[[str], str]]] = [("nfc", _compose)]
    if not _is_tidy(text):  # one look instead of six
        steps = [
            ("bom", lambda value: value.removeprefix("\ufeff")),
            ("line_ends", _one_line_end),
            ("separators", lambda value: value.replace("\x1f", " ")),
            ("control_characters", lambda value: CONTROLS.sub("", value)),
            ("invisible", lambda value: INVISIBLES.sub("", value)),
            ("surrogates", lambda value: SURROGATES.sub("\ufffd", value)),
            *steps,
        ]
    changes = []
    for code, change in steps:
        changed = change(text)
        if changed != text:
            changes.append(f"{code} {len(text) - len(changed)}" if code in DROPPED else code)
        text = changed
    return text, tuple(changes)


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character.

    >>> is_blank(" \\xa0\\u200b\\n"), is_blank("a")
    (True, False)
    """
    return not SEEN.search(text)


def _is_tidy(text: str) -> bool:
    """Of ASCII, what is left when all that is tidy is deleted: four times as fast as the pattern."""
    parts = (text[begin : begin + CHUNK] for begin in range(0, len(text), CHUNK))
    return not any(part.encode().translate(None, TIDY) if part.isascii() else UNTIDY.search(part) for part in parts)


def one_line(name: str, longest: int = 120) -> str:
    """Return a name that a visitor gave, tidied so that it can be kept and shown in a line.

    >>> one_line(" ../../etc/\\npasswd "), len(one_line("a" * 300)), one_line("once upon a time", 12)
    ('../../etc/ passwd', 120, 'once upon a…')
    """
    line = " ".join(normalise(name)[0].split())
    if len(line) <= longest:
        return line
    kept = line[:longest]  # with the space behind a word that just fits
    return (kept.rsplit(" ", 1)[0] if " " in kept[longest // 2 :] else kept[:-1]) + "…"


def _one_line_end(text: str) -> str:
    for end in LINE_ENDS:
        text = text.replace(end, "\n")
    return text


def _compose(text: str) -> str:
    """Return the text in NFC. Very long runs of accents on one letter stay as they are: sorting them takes quadratic time."""
    return text if text.isascii() or MARKS_WITHOUT_END.search(text) else unicodedata.normalize("NFC", text)
