"""Which encoding were these bytes written with? The one in which their characters are the most usual (`usual.cost`).

How a text is then read and tidied is `decoding`.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

import chardet
import numpy as np
import regex

from lmcore.text.usual import CHINESE, cost, language_bits

READ = 4_000  # bytes that are compared
LARGE = 3_000_000  # bytes: of a larger file not all lines are looked at
SAMPLED = 2_000  # lines of it
WIDE_READ = 2_000
ASCII_TEXT = re.compile(r"[\0-\x7f]+")
LIKELY = 15.0  # bits a character: more are a chance find
MIX = 36.0  # bits: of two encodings in one file, which is rarer than a few damaged bytes
LONE = 2.0  # bits: the same where no more than single letters among ASCII are not UTF-8
CLEAR = 12.0  # bits: another reading that costs so little more may be the right one

PRIOR = {  # what is tried, and the bits it is charged for being rare itself; of equal readings the first
    "utf-8": 0, "gb18030": 0, "windows-1252": 0, "cp932": 8, "cp950": 7, "cp949": 8, "euc_jp": 9, "windows-1251": 8,
    "koi8-r": 9, "windows-1250": 6, "windows-1254": 11, "windows-1253": 8, "windows-1255": 9, "windows-1256": 9,
    "windows-1257": 9, "cp874": 9, "iso-8859-2": 9, "iso-8859-5": 12, "cp866": 10, "cp850": 14, "cp852": 14, "mac_roman": 14,
    "big5hkscs": 10,
}  # fmt: skip
WIDE = {"utf-16-le": 2, "utf-16-be": 4, "utf-32-le": 8, "utf-32-be": 8}
ESCAPED = {  # encodings of seven bits, and what stands in each of their texts
    "iso2022_jp": b"\x1b$",
    "iso2022_jp_ext": b"\x1b$",
    "iso2022_kr": b"\x1b$)C",
    "hz": b"~{",
    "utf-7": b"+",
}
MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
MOST_ALONE = 3  # bytes
MOST_BY_CHANCE = 2  # characters of UTF-8 with which a line in another encoding begins
LEFT_OVER = re.compile(  # more likely a part of a character of UTF-8, or no letter at all
    rb"[\xc2\xc3](?![A-Z])|(?<=[a-z])[\xa1-\xba\xbc-\xbf]|[\xe0-\xf4](?![\x85\x92\x94\xbb])[\x80-\xbf]|\xff"
)
ASCII_BYTE = re.compile(rb"[\0-\x7f]")
CONTROLS = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")
SHORT = re.compile(rb"(?:[\0-\x7f]*[\xc2-\xdf][\x80-\xbf]){1,4}[\0-\x7f]*")  # as much UTF-8 as two bytes of GBK make by chance
ALONE = regex.compile(
    r"(?<![^\0-\x7f])[\p{Greek}\p{Cyrillic}\p{Latin}\xa3-\xb7--[\0-\x7f\u0180-\u036f\u0460-\u07ff]](?![^\0-\x7f])", regex.V1
)
SIGN = 20  # bits: a letter or a sign alone among ASCII, α or é or §, is seldom two bytes of GBK
USUAL = 24  # bits: two Chinese characters or more, all of them very usual, are seldom two bytes of UTF-8 each: 谢谢 and лл
MIXED = "utf-8, "  # before the encoding of the lines that are not UTF-8


@dataclass(frozen=True)
class Reading:
    """Bytes read in one encoding, and how usual its characters are: fewer bits are more usual."""

    encoding: str
    bits: float
    text: str  # of the part that was compared: lines that are not ASCII


def recognise(data: bytes) -> list[Reading]:
    """Return the readings of these bytes: the most probable one first, then those that are nearly as probable.

    >>> [reading.encoding for reading in recognise("Meet 你好 at 5".encode("gb18030"))]
    ['gb18030']
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return [Reading(encoding, 0, "")]
    if data.isascii() and (encoding := seven_bits(data)):
        return [Reading(encoding, 0, "")]
    is_utf8 = is_valid(data)
    head = data[:WIDE_READ]
    if not is_utf8 or CONTROLS.search(head):
        wide = readings(head, {**PRIOR, **WIDE})
        if wide[0].encoding in WIDE and wide[0].bits < LIKELY * len(wide[0].text):
            return _nearly(wide)
    if is_utf8 and (data.isascii() or not SHORT.fullmatch(data)):
        return [Reading("utf-8", 0, "")]
    if is_utf8:
        chance = 8 + SIGN * len(ALONE.findall(data.decode())) - USUAL * _is_usual_chinese(data.decode("gb18030", "replace"))
        return _nearly(readings(data[:READ], {"utf-8": 0, "gb18030": chance}))
    return _nearly(_by_lines(data))


def _is_usual_chinese(text: str) -> bool:
    other = ASCII_TEXT.sub("", text)
    return len(other) > 1 and set(other) <= set(CHINESE)


def _by_lines(data: bytes) -> list[Reading]:
    """Return readings of the different lines that are not ASCII: in one encoding, or in UTF-8 and another."""
    good, bad = [], []
    for line in dict.fromkeys(line for line in _lines(data) if not line.isascii()):
        (good if is_valid(line) else bad).append(line)
    of_bad, of_good = _spread(bad), _spread(good)
    part = of_bad + b"\n" + of_good
    found = readings(part)
    likely = [reading.encoding for reading in readings(of_bad)[:4] if reading.encoding != "utf-8"]
    for other in dict.fromkeys([*likely, "windows-1252"]):
        text = read(part, MIXED + other)
        if text not in [reading.text for reading in found]:
            bits = cost(text) + MIX
            if all(_with_letters_alone(line, other) for line in of_bad.split(b"\n")):  # a café may stand in a Chinese text
                apart = cost(read(of_bad, MIXED + other)) + cost(of_good.decode(errors="replace"))
                bits = min(cost(text), apart) + LONE + PRIOR.get(other, 16)
            found.append(Reading(MIXED + other, bits, text))
    return sorted(found, key=lambda reading: reading.bits)


def _lines(data: bytes) -> list[bytes]:
    """Return all lines; of a large file those with the first errors of UTF-8, and others beyond ASCII from all over it."""
    if len(data) <= LARGE:
        return data.split(b"\n")
    offsets = np.flatnonzero(np.frombuffer(data, np.uint8) >= 0x80)
    return [_line_at(data, offset) for offset in [*_faults(data), *offsets[:: 1 + len(offsets) // SAMPLED].tolist()]]


def _faults(data: bytes) -> Iterator[int]:
    """Yield the offsets where bytes are not UTF-8, at most one a line."""
    begin = 0
    for _ in range(SAMPLED):
        try:
            codecs.utf_8_decode(memoryview(data)[begin:], "strict", True)
            return
        except UnicodeDecodeError as error:
            offset = begin + error.start
        yield offset
        begin = data.find(b"\n", offset) + 1 or len(data)


def _line_at(data: bytes, offset: int) -> bytes:
    """Return the line at an offset; of a very long line what lies near it, cut at an ASCII byte."""
    begin, end = data.rfind(b"\n", 0, offset) + 1, data.find(b"\n", offset) % (len(data) + 1)
    if end - begin > READ:
        near = [
            match.start() for match in ASCII_BYTE.finditer(data, max(begin, offset - READ // 2), min(end, offset + READ // 2))
        ]
        begin, end = (near[0], near[-1]) if near else (begin, begin + READ)
    return data[begin:end]


def _spread(lines: list[bytes]) -> bytes:
    """Return at most as many lines as are compared, from all over the text."""
    return b"\n".join(lines[:: 1 + sum(map(len, lines)) // READ])[:READ]


def _nearly(found: list[Reading]) -> list[Reading]:
    """Return the first of several readings and those that cost little more."""
    return [reading for reading in found if reading.bits < found[0].bits + CLEAR][:4]


def excerpts(found: list[Reading], width: int = 60) -> list[str]:
    """Return of each reading an excerpt from where they first differ.

    >>> excerpts([Reading("gb18030", 0, "one 元"), Reading("windows-1252", 0, "one Ôª")])
    ['one 元', 'one Ôª']
    """
    begin = next(
        (
            position
            for position, characters in enumerate(zip(*(one.text for one in found), strict=False))
            if len(set(characters)) > 1
        ),
        0,
    )
    begin = max(found[0].text.rfind("\n", 0, begin) + 1, begin - width // 2)
    return [one.text[begin : begin + width].strip().partition("\n")[0] for one in found]


def readings(part: bytes, encodings: dict[str, int] = PRIOR) -> list[Reading]:
    """Return the readings of a part of a text in each encoding, the least bits first; equal texts once."""
    found: dict[str, Reading] = {}
    guesses = _guesses(part) if "windows-1252" in encodings else {}
    for encoding, prior in {**encodings, **guesses}.items():
        text = read(part, encoding)
        if text not in found and (
            encoding not in WIDE or "\ufffd" not in (text[:-1] or text)
        ):  # there it would stand for more bytes
            found[text] = Reading(encoding, cost(text) + prior, text)
    return sorted(found.values(), key=lambda reading: reading.bits)


def _guesses(part: bytes) -> dict[str, int]:
    """Return the guesses of a general detector, for encodings that are rarer than those tried here."""
    names = [guess["encoding"].lower() for guess in chardet.detect_all(part) if guess["encoding"]]
    return {name: 16 for name in names[:4] if name not in PRIOR and name not in ESCAPED}


def is_valid(data: bytes) -> bool:
    """Return whether the bytes are UTF-8."""
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def read(data: bytes, encoding: str) -> str:
    """Return the text of bytes; those that stand for no character become U+FFFD. Raises LookupError or ValueError for an unknown encoding.

    >>> read("你好\\n".encode() + "你好".encode("gb18030"), "utf-8, gb18030")
    '你好\\n你好'
    """
    if not encoding.startswith(MIXED):
        return data.decode(encoding, errors="replace")
    return "\n".join(_read_line(line, encoding.removeprefix(MIXED)) for line in data.split(b"\n"))


def _with_letters_alone(line: bytes, other: str) -> str:
    """Return a line in UTF-8 with single letters of the other encoding among its ASCII; "" where it is something else.

    >>> _with_letters_alone("déjà vu au ".encode() + "café".encode("cp1252"), "cp1252")
    'déjà vu au café'
    """
    parts, end = [], 0
    for run in BEYOND_ASCII.finditer(line):
        letters = run[0].decode(errors="ignore")
        if letters.encode() != run[0]:
            letters = run[0].decode(other, errors="ignore")
            if not len(letters) == len(run[0]) <= MOST_ALONE or LEFT_OVER.search(line, run.start(), run.end() + 1):
                return ""
        parts += [line[end : run.start()].decode(), letters]
        end = run.end()
    return "".join(parts) + line[end:].decode()


def _read_line(line: bytes, other: str) -> str:
    """Return a line read as UTF-8 with a few damaged bytes, or in the other encoding, which may begin in the middle of the line."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        text, begin = line.decode(errors="replace"), error.start
    if patched := _with_letters_alone(line, other):
        return patched
    faults = text.count("\ufffd")
    if len(ASCII_TEXT.sub("", text)) >= 4 * faults:
        return text
    whole = line.decode(other, errors="replace")
    if begin and not line[:begin].isascii() and "\ufffd" not in (rest := line[begin:].decode(other, errors="replace")):
        half_way = line[:begin].decode() + rest
        by_chance = len(ASCII_TEXT.sub("", half_way[: -len(rest)])) <= MOST_BY_CHANCE
        return min(half_way, whole, key=cost) if by_chance else half_way
    return whole


def seven_bits(data: bytes) -> str:
    """Return the encoding of a text that writes other scripts with ASCII bytes; "" where it is plain ASCII.

    >>> seven_bits("中文 text".encode("hz")), seven_bits(b"a+b ~{ c")
    ('hz', '')
    """
    for encoding, escape in ESCAPED.items():
        if escape in data:
            try:
                text = data.decode(encoding)
            except ValueError:
                continue
            other = ASCII_TEXT.sub("", text)[:READ]
            if other and language_bits(other) < LIKELY * len(other):
                return encoding
    return ""
