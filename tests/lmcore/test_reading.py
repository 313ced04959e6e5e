"""Files in every encoding are read as they were written: each case of `reading` gives its exact text."""

import random

import pytest

from lmcore.errors import LmcoreError
from lmcore.text.decoding import decode, possible_readings
from lmcore.text.usual import CHINESE
from tests.lmcore.reading import FEW, HALVES, OFFERED, SENTENCES, WHOLE


@pytest.mark.parametrize("name", sorted(WHOLE.keys() - OFFERED))
def test_a_file_is_read_as_it_was_written(name):
    encoding, text = WHOLE[name]
    data = text.encode(encoding, "ignore")
    decoded = decode(data)
    assert (decoded.text, decoded.unreadable) == (data.decode(encoding), 0)


@pytest.mark.parametrize("parts", HALVES.values(), ids=HALVES)
def test_lines_of_two_encodings(parts):
    decoded = decode(b"".join(text.encode(encoding) for text, encoding in parts))
    assert (decoded.text, decoded.unreadable) == ("".join(text for text, _encoding in parts), 0)
    assert decoded.encoding in ("utf-8, gb18030", "utf-8, windows-1252", "utf-8, windows-1251")


FRENCH = ["Il était une fois une forêt où vivait un renard.", "Le garçon a mangé des crêpes à Noël.", "La fenêtre est là."]
QUOTED = ["“Hello,” she said.", "The weather was fine.", "“It’s late.”", "Nobody knew."]
A_FEW_LETTERS = {  # lines in UTF-8, and one that is not: with single letters of Windows-1252, or a few of GBK
    "an accent": (FRENCH, "Un café noir."),
    "two accents": (FRENCH, "Éric est là."),
    "two side by side": (FRENCH, "une créée"),
    "at the end": (FRENCH, "un café"),
    "capitals": (["A CRIANÇA NÃO ESTÁ COM FOME."], "SÃO PAULO"),
    "German": (["Der Mann ging über die Brücke.", "Schöne Grüße aus München."], "Die Tür ist zu."),
    "Spanish": (["El niño comió mañana."], "Señor López"),
    "in English": (QUOTED, "a naïve man"),
    "an apostrophe": (QUOTED, "It’s late."),
    "a dash": (QUOTED, "one – two"),
    "a sign": (["It costs 5 €."], "5 € each"),
    "in Chinese": (["小狐狸住在森林里。", "他说：“你好！”"], "Meet me at the café today."),
    "the only two": (["déjà vu"], "café noir"),
}


@pytest.mark.parametrize("times", [1, 20])
@pytest.mark.parametrize(("lines", "other"), A_FEW_LETTERS.values(), ids=A_FEW_LETTERS)
def test_single_letters_of_windows_1252_among_lines_of_utf_8(lines, other, times):
    before, after = "\n".join(lines * times) + "\n", "\n" + "\n".join(lines)
    decoded = decode(before.encode() + other.encode("cp1252") + after.encode())
    assert (decoded.text, decoded.unreadable) == (before + other + after, 0)


@pytest.mark.parametrize(("line", "word"), [(FRENCH[0], "café"), ("Schöne Grüße aus der", "Tür"), (QUOTED[0], "naïve")])
def test_a_letter_of_windows_1252_in_a_line_of_utf_8(line, word):
    for parts in ((line.encode(), word.encode("cp1252")), (word.encode("cp1252"), line.encode())):
        assert word in decode(b" ".join(parts)).text and decode(b" ".join(parts)).unreadable == 0


@pytest.mark.parametrize(
    "damaged", [b"caf\xc3 noir", b"caf\xa9 noir", b"one \xff two", b"one \xe8\xaf two", "一二三".encode()[:-1]]
)
def test_a_lost_byte_is_no_letter_of_windows_1252(damaged):
    for lines in (FRENCH, ["小狐狸住在森林里。"]):
        decoded = decode("\n".join(lines).encode() + b"\n" + damaged)
        assert decoded.text.split("\n")[-1] == damaged.decode(errors="replace") and decoded.unreadable == 1


def test_a_line_of_gbk_may_begin_like_utf_8():
    lines = "小狐狸住在森林里。\n" * 5
    assert decode(lines.encode() + "Meet 小明 at 5".encode("gb18030")).text == lines + "Meet 小明 at 5"


def test_where_two_readings_are_about_as_probable_both_are_offered():
    offered = possible_readings("螃蟹".encode("gb18030"))
    assert offered["gb18030"] == "螃蟹" and len(offered) > 1
    assert all(WHOLE[name][0] in possible_readings(WHOLE[name][1].encode(WHOLE[name][0])) for name in OFFERED)
    assert possible_readings(SENTENCES["chinese"].encode("gb18030")) == {}
    assert all(encoding == "gb18030" for word in FEW for encoding in list(possible_readings(word.encode("gb18030")))[:1])


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(100), b"plain", b"", bytes(range(128, 256)) * 20])
def test_nothing_is_offered_for_what_is_no_text_or_plain(data):
    assert possible_readings(data) == {}


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("lines", [5, 500])
def test_a_list_of_short_words_in_gbk(length, lines):
    """Some of its lines are UTF-8 by chance."""
    draw = random.Random(length)
    text = "".join("".join(draw.choices(CHINESE[:500], k=length)) + "\n" for _ in range(lines))
    assert decode(text.encode("gb18030")).text == text


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "shift_jis"])
@pytest.mark.parametrize("lost", [0, 20, -1])
def test_a_lost_byte_does_not_change_the_encoding(encoding, lost):
    data = bytearray((SENTENCES["japanese" if encoding == "shift_jis" else "traditional"] + "\n").encode(encoding) * 50)
    del data[lost]
    decoded = decode(bytes(data))
    assert decoded.text == data.decode(encoding, "replace") and decoded.unreadable <= 3


@pytest.mark.parametrize("alphabet", ["any byte", "high bytes", "escapes", "UTF-16"])
def test_any_bytes_become_a_text_or_a_sentence(alphabet):
    draw = random.Random(alphabet)
    letters = {
        "any byte": range(256),
        "high bytes": range(128, 256),
        "escapes": b"abc A\n~{}+-\x1b$()",
        "UTF-16": b"\0\x4e\x2d\xff\xfe\n",
    }
    for _ in range(15):
        data = bytes(draw.choices(letters[alphabet], k=draw.choice([1, 2, 3, 5, 8, 20, 60, 300])))
        try:
            assert decode(data).text.strip()
        except LmcoreError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "Let α, β and γ be angles.\n",
        "λ-calculus",
        "Resistance: 10 kΩ",
        "The sum Σ runs over all i.",
        "The letter Ж is pronounced zh.",
        "§ 5, x² + y²",
    ],
)
def test_a_single_sign_in_utf_8_is_not_a_chinese_character(text):
    decoded = decode(text.encode())
    assert (decoded.text, decoded.encoding) == (text, "utf-8")


def test_two_very_usual_chinese_characters_that_are_utf_8_by_chance():
    assert possible_readings("谢谢".encode("gb18030")) == {"gb18030": "谢谢", "utf-8": "лл"}
    for words in ("да", "СССР", "αβ", "été", "año"):
        assert decode(words.encode()).text == words


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "cp866"])
def test_a_text_in_capitals(encoding):
    text = "НАША СТРАНА БОЛЬШАЯ И КРАСИВАЯ, МЫ ЛЮБИМ ЕЁ.\n" * 5
    assert decode(text.encode(encoding)).text == text


PLAIN = "a plain line of ASCII, as most of them are\n" * 40_000


@pytest.mark.parametrize(
    ("line", "encoding"),
    [("“Quoted” it’s\n", "windows-1252"), ("café\n", "windows-1252"), ("今天天气很好，我们去公园。\n", "gb18030")],
)
def test_a_line_anywhere_in_a_large_file_decides(line, encoding):
    for before, after in ((PLAIN * 2, PLAIN), (PLAIN, PLAIN * 2)):
        decoded = decode(before.encode() + line.encode(encoding) + after.encode())
        assert decoded.unreadable == 0 and line in decoded.text
