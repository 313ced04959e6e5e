"""Bytes to text: every encoding, every damage, every thing that is no text at all."""

import unicodedata

import pytest

from lmcore.config import TokenizerConfig
from lmcore.errors import BinaryText, EmptyFile, EmptyText, EncodingUnknown, LmcoreError, TextTooLarge, UndecodableText
from lmcore.text.corpus import Corpus, encode
from lmcore.text.decoding import decode, normalise, one_line
from lmcore.tokenizers import build_tokenizer
from tests.lmcore.awkward import CHINESE, ENCODED, ENGLISH, FILES, GERMAN, LARGE, NAMES, NO_TEXTS, TEXTS

BLANK = ["\u3000", "\xa0\u200b\xa0", "\u200d\u2060\n", "\xad\u200e", "\u3164", "\u2800 \ufe0f"]


@pytest.mark.parametrize(
    ("text", "encoding"), ENCODED, ids=lambda value: value if value.isascii() and len(value) < 20 else value[:4]
)
def test_every_encoding_is_recognised(text, encoding):
    decoded = decode((text * 5).encode(encoding))
    assert (decoded.text, decoded.unreadable) == (text * 5, 0)


def test_an_encoding_can_be_chosen():
    assert decode(CHINESE.encode("big5", "ignore"), encoding="big5").encoding == "big5"
    assert decode("größer".encode("latin-1"), encoding="latin-1").text == "größer"


@pytest.mark.parametrize("encoding", ["nonsense", "hex", "a\0b", "undefined"])
def test_an_encoding_that_is_none_is_refused(encoding):
    with pytest.raises(UndecodableText):
        decode(b"abc", encoding=encoding)


def test_a_chosen_encoding_that_does_not_fit_is_counted():
    decoded = decode("größer".encode("latin-1"), encoding="UTF-8")
    assert (decoded.text, decoded.unreadable) == ("gr\ufffd\ufffder", 2)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "Plain ASCII, line by line.\n"])
def test_one_bad_byte_in_five_megabytes_is_one_bad_byte(text):
    data = text.encode()
    data = data * (5_000_000 // len(data))
    middle = len(data) // 2
    middle += data[middle:].index(b"\n")
    decoded = decode(data[:middle] + b"\xff" + data[middle:])
    assert (decoded.encoding, decoded.unreadable) == ("utf-8", 1)
    assert decoded.text.replace("\ufffd", "") == data.decode()


def test_a_text_cut_within_a_character_stays_utf8():
    data = CHINESE.encode()
    assert (decode(data[:-3]).encoding, decode(data[:-3]).unreadable) == ("utf-8", 1)
    assert (decode(data[1:]).encoding, decode(data[1:]).unreadable) == ("utf-8", 2)
    assert decode("语言".encode()[:5]).text == "语\ufffd"


def test_a_bad_byte_in_german_is_not_chinese():
    assert decode((GERMAN * 3).encode() + b"\xff" + GERMAN.encode()).encoding == "utf-8"


def test_replacement_characters_that_were_in_the_text_are_not_counted():
    assert decode("already \ufffd there".encode()).unreadable == 0
    assert decode((CHINESE + "\ufffd").encode() + b"\xff").unreadable == 1


@pytest.mark.parametrize("name", NO_TEXTS)
def test_what_is_no_text_is_named(name):
    data, looks_like = NO_TEXTS[name]
    with pytest.raises(BinaryText if looks_like else EncodingUnknown) as caught:
        decode(data, name="<img onerror>.txt")
    assert looks_like in caught.value.values.get("looks_like", "")
    assert caught.value.values["name"] == "<img onerror>.txt"


@pytest.mark.parametrize(
    "data", [b"", b"   ", b"\n\n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf  \r\n", *map(str.encode, BLANK)]
)
def test_nothing_is_empty(data):
    with pytest.raises(EmptyText):
        decode(data)
    with pytest.raises(EmptyFile) as caught:
        decode(data, name="a.txt")
    assert caught.value.values == {"name": "a.txt"}


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_which_nothing_is_seen_is_empty(text):
    with pytest.raises(EmptyText):
        Corpus.from_text(text)


def test_over_the_limit():
    with pytest.raises(TextTooLarge) as caught:
        decode(b"a" * 3_000_001, limit=3_000_000)
    assert caught.value.values["limit"] == 3
    assert len(decode(b"a" * 3_000_000, limit=3_000_000).text) == 3_000_000


@pytest.mark.parametrize(
    "text",
    [
        "BMW is a car.", "MZ and ID3 are letters.", "GIF8 is no picture.", "BMW fährt über die Brücke.",
        "GIF89a is how such a picture begins.\nIts width is next.\n", "GIF87a\nGIF89a\n", "%PDF- stands first in a PDF.",
        "%PDF-1.7 is the seventh edition.", "{\\rtf is how such a file begins.", "ID3 tags name a song.", "RIFF and ftyp: marks.",
        "BZh is no word.", "PK and Rar! are marks, 7z is one too.",
    ],
)  # fmt: skip
def test_a_text_that_begins_like_a_file_of_another_kind(text):
    assert decode(text.encode()).text == text
    assert decode(text.encode("cp1252")).text == text


@pytest.mark.parametrize("ending", ["txt", "md", "png", ""])
def test_the_ending_of_a_name_says_nothing(ending):
    assert decode(b"text", name=f"../../etc/passwd.{ending}").text == "text"


@pytest.mark.parametrize(
    ("text", "tidied", "changes"),
    [
        ("plain text\n", "plain text\n", ()),
        ("\ufeffmarked", "marked", ("bom",)),
        ("\ufeffone \ufefftwo\ufeff", "one two", ("bom", "invisible 2")),
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0cg", "a\nb\nc\nd\ne\nf\ng", ("line_ends",)),
        ("one\x0btwo\x1cthree\x1dfour\x1efive", "one\ntwo\nthree\nfour\nfive", ("line_ends",)),
        ("one\x1ftwo", "one two", ("separators",)),
        ("a\x00b\x1b[31m\x7f\x9f\tc", "ab[31m\tc", ("control_characters 4",)),
        ("right \u202eto\u202c left", "right to left", ("invisible 2",)),
        ("\u200eleft\u200f \u061chy\xadphen\u2066", "left hyphen", ("invisible 5",)),
        ("می\u200cخواهم ශ්\u200dරී a\u200bb", "می\u200cخواهم ශ්\u200dරී a\u200bb", ()),
        ("half \ud800 a character", "half \ufffd a character", ("surrogates",)),
        ("cafe\u0301", "café", ("nfc",)),
        ("\ufeff1\r\n2\x00\ud8003e\u0301", "1\n2\ufffd3é", ("bom", "line_ends", "control_characters 1", "surrogates", "nfc")),
    ],
)
def test_tidying(text, tidied, changes):
    assert normalise(text) == (tidied, changes)


@pytest.mark.parametrize(
    "odd", [*map(chr, (*range(9), *range(11, 32), *range(0x7F, 0xA0))), "\ufeff", "\u2028", "\u202e", "\u200e", "\xad", "\ud800"]
)
def test_one_odd_character_in_a_long_text_is_found(odd):
    text = "plain words\n" * 20_000
    changed, changes = normalise(text + odd + text)
    assert changes and changed in (text + text, f"{text}\n{text}", f"{text} {text}", f"{text}\ufffd{text}")


@pytest.mark.parametrize("name", TEXTS)
def test_tidying_twice_changes_nothing(name):
    once, _ = normalise(TEXTS[name])
    assert normalise(once) == (once, ())
    assert not any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in once)


def test_accents_without_end_are_left_as_they_are():
    text = "a" + "\u0301\u0316" * 200_000  # composing them would take half a minute
    assert normalise(text) == (text, ())


@pytest.mark.parametrize("name", FILES)
def test_every_file_becomes_a_text_or_a_sentence(name):
    data, expected = FILES[name]
    try:
        assert expected in decode(data, name=f"{name}.txt").text
    except LmcoreError as error:
        assert error.code == expected


@pytest.mark.parametrize("name", LARGE)
def test_a_large_text_becomes_tokens_or_a_sentence(name):
    text = LARGE[name]()
    data = text.encode()
    if name == "one bad byte in 5 MB":
        data = data[:2_000_000] + b"\xff" + data[2_000_000:]
    decoded = decode(data)
    assert (decoded.encoding, decoded.unreadable) == ("utf-8", int(name == "one bad byte in 5 MB"))
    corpus = Corpus.from_text(decoded.text)
    tokenizer = build_tokenizer(TokenizerConfig("character"), corpus.train)
    assert tokenizer.vocabulary_size <= TokenizerConfig().vocabulary_size
    assert len(encode(corpus, tokenizer).train) >= 0.8 * len(decoded.text) - 100_000


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_fits_in_a_line(name):
    line = one_line(name)
    assert 0 < len(line) <= 120 and line.encode() and one_line(line) == line
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in line) and "\u202e" not in line
