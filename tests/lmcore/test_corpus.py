"""From a text to its kind, its splits and its ids; and every text a visitor may bring, through all of it."""

import random

import numpy as np
import pytest

from lmcore.config import TokenizerConfig
from lmcore.errors import EmptyText, SettingNotAChoice, TextError, TextTooShort, TokenizerDamaged
from lmcore.text.corpus import ITEM_BREAK, LARGEST_VALIDATION, Corpus, encode, last_beginning, mark, typed, unmark
from lmcore.text.kinds import KINDS
from lmcore.tokenizers import TOKENIZERS as TOKENIZERS
from lmcore.tokenizers import build_tokenizer
from tests.lmcore.awkward import CHINESE, ENCODED, ENGLISH, MIXED, NO_TEXTS, TEXTS, invented_words
from tests.lmcore.texts_of_kinds import STORY


@pytest.mark.parametrize(
    ("kind", "typed", "context", "whole"),
    [
        ("lines", "one\n\ntwo\n", "one\x1etwo\x1e", "one\x1etwo"),
        ("lines", "one ", "one ", "one"),  # a context may go on behind its space
        ("lines", "\none", "one", "one"),
        ("lines", " one\t", " one\t", " one"),
        ("lines", "one \n  ", "one\x1e  ", "one"),
        ("lines", " \n\n", "", ""),
        ("blocks", "one\ntwo\n \nthree", "one\ntwo\x1ethree", "one\ntwo\x1ethree"),
        ("blocks", "\none", "one", "one"),
        ("blocks", "\n\none\n", "one\n", "one"),
        ("blocks", "one \n\n\u3000\n", "one\x1e", "one"),
        ("stream", "one\n\ntwo", "one\n\ntwo", "one\n\ntwo"),
        ("stream", "\n one \n", "\n one \n", " one"),
        *((kind, "e\u0301", "é", "é") for kind in KINDS),
        *((kind, "\ufeffa\x00b\ud800", "ab\ufffd", "ab\ufffd") for kind in KINDS),
        *(("lines", f"a{end}b", "a\x1eb", "a\x1eb") for end in ("\r\n", "\r", "\x0c", "\x85", "\u2028", "\u2029")),
        *(("stream", f"a{end}b", "a\nb", "a\nb") for end in ("\r\n", "\r", "\x0c", "\x85", "\u2028", "\u2029")),
    ],
)
def test_what_is_typed_is_tidied_and_marked_as_training_was(kind, typed, context, whole):
    assert (mark(typed, kind), mark(typed, kind, whole=True)) == (context, whole)


@pytest.mark.parametrize("kind", ["lines", "blocks"])
def test_items_typed_are_items_of_training(kind):
    text = "\n\n".join([" the cat \t", "a dog\u3000", "e\u0301te\u0301\u2028", "\ufeffthe end"] * 3)
    assert ITEM_BREAK + mark(text, kind, whole=True) + ITEM_BREAK == Corpus.from_text(text, kind).train


@pytest.mark.parametrize(("kind", "written"), [("lines", "one\ntwo\n"), ("blocks", "one\n\ntwo\n\n")])
def test_items_are_written_with_their_breaks(kind, written):
    assert unmark("one\x1etwo\x1e", kind) == written and mark(written, kind) == "one\x1etwo\x1e"


@pytest.mark.parametrize(
    ("before", "text", "context"),
    [
        ("The end.", "The cat ", " The cat"),  # both spaces belong to a word
        ("The end.\n", "The cat", "The cat"),
        ("The end.", " The cat", " The cat"),
        ("The end.", "\nThe", "\nThe"),
        ("The end.", "", ""),
        ("The end.", "猫", "猫"),
        ("结束。", "The cat", "The cat"),
        ("\x1e", "The cat", "The cat"),
    ],
)
def test_a_subword_has_the_space_before_it_that_training_had(before, text, context):
    subwords = build_tokenizer(TokenizerConfig("subword", 300), "\x1eThe end.\x1e" if "\x1e" in before else "The end.\n")
    assert typed(text, "stream", subwords, subwords.encode(before)) == context
    characters = build_tokenizer(TokenizerConfig("character"), "The end.\n")
    assert typed(text, "stream", characters, characters.encode(before)) == text


# splits


def test_a_stream_is_cut_behind_a_line():
    corpus = Corpus.from_text(ENGLISH * 100, "stream")
    assert corpus.train + corpus.validation == corpus.text == ENGLISH * 100
    assert (corpus.train, corpus.validation) == (ENGLISH * 90, ENGLISH * 10)


def test_a_stream_without_lines_is_cut_behind_a_sentence():
    corpus = Corpus.from_text(CHINESE.replace("\n", "") * 100)
    assert corpus.train + corpus.validation == corpus.text
    assert corpus.train.endswith("。") and 0.08 < len(corpus.validation) / len(corpus.text) < 0.15


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("One. Two. Three", "One. Two. "),
        ("One.  Two?\tThree", "One.  Two?\t"),
        ("“One.” “Two!” Three", "“One.” “Two!” "),
        ("One.\nTwo, three\nfour, five", "One.\n"),  # a line after a sentence, before one in the middle of it
        ("one\ntwo\nthree", "one\ntwo\n"),
        ("One.\n\nTwo.\n", "One.\n\n"),
        ("a:\n    b\n    c\n", "a:\n    b\n    "),
        ("　　第一。\n　　第二。\n", "　　第一。\n　　"),
        ("他说：“好。”她走了。天黑了", "他说：“好。”她走了。"),
        ("他说：“好。”", ""),
        ("no marks at all", "no marks at "),
        ("aaaa", ""),
        ("\n", ""),
    ],
)
def test_where_the_last_line_sentence_or_word_begins(text, beginning):
    assert text[: last_beginning(text, len(text) - 1)] == beginning


@pytest.mark.parametrize("text", ["A cat sat. " * 1_000, "one\n\ntwo three.\n\n" * 500, "“Go.” She went! " * 800], ids=repr)
@pytest.mark.parametrize("share", np.linspace(0.1, 0.101, 12).tolist())
def test_a_stream_is_never_cut_before_white_space(text, share):
    corpus = Corpus.from_text(text, "stream", validation_share=share)
    assert corpus.train + corpus.validation == text
    assert corpus.train[-1].isspace() and not corpus.validation[0].isspace()


def test_a_stream_without_sentences_is_cut_anywhere():
    corpus = Corpus.from_text("a" * 10_000)
    assert (len(corpus.train), len(corpus.validation)) == (9_000, 1_000)


def test_the_held_back_share_can_be_chosen():
    assert len(Corpus.from_text("a" * 10_000, validation_share=0.95).validation) == 9_500
    assert Corpus.from_text("a" * 10_000, validation_share=0.0).validation == ""


def test_a_long_text_holds_back_a_bounded_part():
    assert len(Corpus.from_text("a" * 3_000_000).validation) == LARGEST_VALIDATION


@pytest.mark.parametrize(("kind", "between"), [("lines", "\n"), ("blocks", "\n\n")])
def test_items_are_held_back_whole_and_once(kind, between):
    names = invented_words(1_000).split()
    corpus = Corpus.from_text(between.join(names), kind)
    train, validation = (part.strip(ITEM_BREAK).split(ITEM_BREAK) for part in (corpus.train, corpus.validation))
    assert len(validation) == 100 and len(train) == 900
    assert not set(train) & set(validation) and set(train) | set(validation) == set(names)
    assert corpus.train[0] == corpus.train[-1] == corpus.validation[0] == corpus.validation[-1] == ITEM_BREAK
    assert train == [name for name in names if name in set(train)]  # in their order
    assert Corpus.from_text(between.join(names), kind) == corpus


def test_questions_and_answers_are_both_held_back():
    corpus = Corpus.from_text("\n".join(f"question {n}\nanswer {n}" for n in range(500)), "lines")
    assert 30 < corpus.validation.count("question") < 70


CHAT = [f"phrase {n}" for n in range(39)]
REPEATED = {  # items -> how many are held back, of how many different ones (None: not said)
    "400 lines of a chat from 39 phrases": (random.Random(1).choices(CHAT, k=400), 40, None),
    "each twice": ([f"line number {n}" for n in range(500)] * 2, 100, 50),
    "one that is half of all": (["yes, that is fine"] * 500 + [f"no, not number {n}" for n in range(500)], 100, 100),
    "nine different ones": ([f"this is phrase {n}" for n in range(9)] * 50, 0, 0),
    "ten different ones": ([f"this is phrase {n}" for n in range(10)] * 50, 50, 1),
}


@pytest.mark.parametrize("case", REPEATED)
@pytest.mark.parametrize(("kind", "between"), [("lines", "\n"), ("blocks", "\n\n")])
def test_equal_items_are_on_one_side(case, kind, between):
    found, held_back, different = REPEATED[case]
    corpus = Corpus.from_text(between.join(found), kind)
    train, validation = (list(filter(None, part.split(ITEM_BREAK))) for part in (corpus.train, corpus.validation))
    assert sorted(train + validation) == sorted(found) and not set(train) & set(validation)
    assert 0.9 * held_back <= len(validation) <= held_back
    assert different is None or len(set(validation)) == different


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_all_for_training(kind):
    corpus = Corpus.from_text(CHINESE * 10, kind)
    assert corpus.validation == ""
    assert corpus.train.replace(ITEM_BREAK, "\n").strip() == (CHINESE * 10).strip()


def test_a_kind_that_is_none_is_refused():
    with pytest.raises(SettingNotAChoice):
        Corpus.from_text("a text", "prose")


def test_a_text_is_tidied_on_its_way_in():
    assert Corpus.from_text("a\r\nb\x1ec\ud800").text == "a\nb\nc\ufffd"
    with pytest.raises(EmptyText):
        Corpus.from_text("\x00 \x1e")


# ids


def test_ids_of_a_stream_by_hand():
    corpus = Corpus(text="abababababc", kind="stream", train="ababababab", validation="abc" * 80)
    data = encode(corpus, build_tokenizer(TokenizerConfig("character"), corpus.train))
    assert data.train.tolist() == [1, 2] * 5 and data.validation.tolist() == [1, 2, 0] * 80
    assert (data.validation_bytes, data.unknown_bytes) == (240, 80)
    assert data.has_validation and data.opening.tolist() == [1, 2] * 5


def test_ids_of_items_by_hand():
    train, held_back = ["ab", "b", "ba"], ["语", "a"] * 60
    marked = [ITEM_BREAK + ITEM_BREAK.join(part) + ITEM_BREAK for part in (train, held_back)]
    data = encode(Corpus("", "lines", *marked), build_tokenizer(TokenizerConfig("character"), marked[0]))
    assert data.train.tolist() == [1, 3, 2, 1, 2, 1, 2, 3, 1]  # <begin> is 1, b is 2, a is 3
    assert data.validation.tolist() == [1] + [0, 1, 3, 1] * 60
    assert data.validation_bytes == 60 * (3 + 1 + 1 + 1)  # each item and the break behind it
    assert (data.unknown_bytes, data.opening.tolist()) == (60 * 3, [1])


def test_unknown_words_are_charged_by_the_bytes_of_their_letters():
    corpus = Corpus("", "stream", train="the cat and the dog and the bird", validation="the 猫 and zebra\n" * 60)
    data = encode(corpus, build_tokenizer(TokenizerConfig("word"), corpus.train))
    assert data.unknown_bytes == 60 * (len("猫".encode()) + len("zebra") + len("\n"))
    assert data.validation_bytes == len(corpus.validation.encode())  # spaces too: the same text for every tokenizer


def test_the_opening_of_a_stream_is_the_end_of_its_training_text():
    corpus = Corpus.from_text(ENGLISH * 100, "stream")
    tokenizer = build_tokenizer(TokenizerConfig("character"), corpus.train)
    assert tokenizer.decode(encode(corpus, tokenizer).opening) == corpus.train[-256:]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("A cat sat. It slept. The end.", "It slept."),
        ("one two\nthree four\nfive six", "four\n"),
        ("A cat.\n\nA dog.\n", "A cat.\n\n"),
    ],
)
def test_a_context_of_a_stream_begins_where_a_line_or_sentence_does(tokenizer, text, end):
    corpus = Corpus.from_text(text, "stream")
    made = build_tokenizer(TokenizerConfig(tokenizer, 300), corpus.train)
    opening = made.decode(encode(corpus, made).opening)
    assert opening.endswith(end + " " if tokenizer == "character" and end[-1] == "." else end)


def test_too_little_validation_is_no_validation():
    corpus = Corpus("", "stream", train="ab" * 50, validation="ab" * 99)
    data = encode(corpus, build_tokenizer(TokenizerConfig("character"), corpus.train))
    assert not data.has_validation and (data.validation_bytes, data.unknown_bytes) == (0, 0)


def test_items_need_a_tokenizer_of_items():
    running = build_tokenizer(TokenizerConfig("character"), "running text")
    with pytest.raises(TokenizerDamaged):
        encode(Corpus.from_text("one\ntwo\nthree\nfour", "lines"), running)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("text", ["a", "字", "aa", "to be"])
def test_a_text_of_a_few_characters_is_too_short(tokenizer, text):
    corpus = Corpus.from_text(text)
    with pytest.raises(TextTooShort):
        encode(corpus, build_tokenizer(TokenizerConfig(tokenizer), corpus.train))


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize(
    "text", [CHINESE * 12, CHINESE, "这是只有一行的一篇短文，它没有结尾", STORY], ids=["page", "line", "no end", "story"]
)
def test_a_single_page_can_be_trained_on(tokenizer, text):
    corpus = Corpus.from_text(text)
    data = encode(corpus, build_tokenizer(TokenizerConfig(tokenizer), corpus.train))
    assert len(data.train) >= 8 and not data.has_validation


# the paragraph on input texts


def files() -> dict[str, bytes]:
    """What a visitor may upload, by name."""
    draw = random.Random(1)
    return {
        "nothing": b"",
        "only spaces": b" \n \t ",
        "only a mark": b"\xef\xbb\xbf",
        "one bad byte": ENGLISH.encode() * 50 + b"\xff" + ENGLISH.encode() * 50,
        "cut within a character": CHINESE.encode()[:-2],
        "controls": b"a\x00b\x1b[0m\x07 " * 50,
        "surrogates in UTF-8": CHINESE.encode() + b"\xed\xa0\x80",
        "old Mac lines": (ENGLISH * 30).replace("\n", "\r").encode(),
        "Windows lines": (ENGLISH * 30).replace("\n", "\r\n").encode(),
        "separators": (ENGLISH * 30).replace("\n", "\u2028").encode(),
        "decomposed": "e\u0301a\u0308".encode() * 100,
        "one long line": "".join(draw.choices("abcde fghij", k=300_000)).encode(),
        "one long Chinese line": "".join(chr(0x4E00 + draw.randrange(3_000)) for _ in range(20_000)).encode(),
        "one token many times": b"token " * 50_000,
        "many different characters": "".join(chr(code) for code in range(0x4E00, 0x4E00 + 20_000)).encode(),
        "many different words": invented_words(50_000).encode(),
        **{f"text: {name}": text.encode() for name, text in TEXTS.items()},
        **{f"{encoding}: {text[:6]}": text.encode(encoding) * 30 for text, encoding in ENCODED},
        **{f"no text: {name}": data for name, (data, _) in NO_TEXTS.items()},
    }


FILES = files()


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("name", FILES)
def test_any_file_becomes_ids_or_an_error_of_ours(tokenizer, name):
    try:
        corpus = Corpus.from_bytes(FILES[name], name=name)
        made = build_tokenizer(TokenizerConfig(tokenizer, 1_000), corpus.train)
        data = encode(corpus, made)
    except TextError as error:
        assert error.code.startswith("text.") and str(error)
        too_short = isinstance(error, TextTooShort) and len(corpus.text.split()) < 8
        assert too_short or name.startswith(("nothing", "only", "no text"))
        return
    assert not name.startswith("no text")
    assert len(data.train) >= 8 and data.train.max() < made.vocabulary_size
    assert 0 <= data.unknown_bytes <= data.validation_bytes
    assert data.validation_bytes == 0 or len(data.validation) >= 200
    for kind in KINDS:
        other = Corpus.from_text(corpus.text, kind)
        assert other.train.strip(ITEM_BREAK) and "\x00" not in other.train


def test_mixed_languages_go_through_every_tokenizer():
    for tokenizer in TOKENIZERS:
        corpus = Corpus.from_text(MIXED * 200)
        made = build_tokenizer(TokenizerConfig(tokenizer), corpus.train)
        data = encode(corpus, made)
        assert data.has_validation and np.mean(data.validation == made.unknown_id) == 0


@pytest.mark.parametrize("kind", ["stream", "lines"])
def test_nothing_is_held_back_that_is_too_short_to_be_measured(kind):
    held_back = set()
    for lines in range(80, 110):
        found = Corpus.from_text("".join(f"Line {number} tells a story.\n" for number in range(lines)), kind)
        held_back.add(len(found.validation))
    assert 0 in held_back and max(held_back) >= 200 and not [size for size in held_back if 0 < size < 200]
