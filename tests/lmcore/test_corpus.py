"""From a text to its kind, its splits and its ids; and every text a visitor may bring, through all of it."""

import random
import textwrap
from pathlib import Path

import numpy as np
import pytest

from lmcore.config import TokenizerConfig
from lmcore.corpus import ITEM_BREAK, KINDS, LARGEST_VALIDATION, Corpus, encode, guess_kind, items, mark
from lmcore.errors import EmptyText, SettingNotAChoice, TextError, TextTooShort, TokenizerDamaged
from lmcore.tokenizers import KINDS as TOKENIZERS
from lmcore.tokenizers import build_tokenizer
from tests.lmcore.awkward import CHINESE, ENCODED, ENGLISH, MIXED, NO_TEXTS, TEXTS, invented_words

STORY = (
    "The fox walked along the river and looked for something to eat. It was late in the year, and the leaves had fallen. "
    "Nobody had seen a fish for days, so the fox went up the hill and asked the owl. The owl knew nothing either."
)
FABLE = "从前有一只狐狸沿着河边走，想找点东西吃。那时已经是深秋了，树叶都落光了。好几天没有人见过鱼，于是狐狸上山去问猫头鹰。猫头鹰也什么都不知道。"
POEM = "The sea is wide,\nthe sea is deep,\nand in the tide\nthe fishes sleep."
SONG = "小河流水哗啦啦，\n河边开着一朵花。\n花儿对着太阳笑，\n蜜蜂飞来采蜜呀。"


def words(count: tuple[int, int], of: str, between: str) -> str:
    """60 lines of random words."""
    draw = random.Random(1)
    return "\n".join(between.join(draw.choices(of.split(), k=draw.randint(*count))) for _ in range(60))


def every_few(text: str, width: int) -> str:
    return "\n".join(text[begin : begin + width] for begin in range(0, len(text), width))


KIND_OF = [
    ("stream", "one paragraph", STORY),
    ("stream", "paragraphs between blank lines", "\n\n".join([STORY] * 20)),
    ("stream", "a paragraph a line", "\n".join([STORY] * 20)),
    ("stream", "broken at 72", "\n\n".join([textwrap.fill(STORY * 2, 72)] * 10)),
    ("stream", "broken at 40", "\n\n".join([textwrap.fill(STORY * 2, 40)] * 10)),
    ("stream", "broken, no blank lines", textwrap.fill(STORY * 20, 72)),
    ("stream", "Chinese paragraphs", "\n".join([FABLE] * 20)),
    ("stream", "Chinese paragraphs between blank lines", "\n\n".join([FABLE] * 20)),
    ("stream", "Chinese novel", "\n".join("　　" + FABLE[:length] for length in range(10, 60))),
    ("stream", "Chinese, broken at 30", "\n\n".join([every_few(FABLE * 2, 30)] * 10)),
    ("stream", "Chinese talk", "\n".join(["“你好。”他说。“今天去哪里？”", "他点了点头。然后走了。", FABLE] * 20)),
    ("stream", "a program", Path(textwrap.__file__).read_text()),
    ("stream", "Markdown", "\n\n".join(["# Title", STORY, "- one\n- two", STORY] * 5)),
    ("stream", "five lines", "one\ntwo\nthree\nfour\nfive"),
    ("lines", "names", "\n".join(["Anna", "Ben", "Carla", "Dora"] * 10)),
    ("lines", "Chinese names", "\n".join(["王小明", "李华", "张伟", "陈静怡"] * 10)),
    (
        "lines",
        "sentences",
        "\n".join(["The cat sat on the mat.", "A dog runs home.", "Where is the old fish market today?"] * 10),
    ),
    ("lines", "Chinese sentences", "\n".join(["小猫坐在垫子上。", "一只狗跑回家了。", "老鱼市今天在哪里？"] * 10)),
    ("lines", "sentences without marks", words((4, 10), "the cat dog sees river old house near walks slowly and", " ")),
    ("lines", "Chinese headlines", words((8, 12), "今天 天气 很 好 我们 去 公园 散步 看见 一只 小猫", "")),
    ("lines", "pairs", "\n".join(["the cat\t猫", "a dog = 一只狗", "the old house\t老房子"] * 10)),
    ("lines", "a table", "\n".join(["name,age,city", "Anna,12,Berlin", "Ben,13,Paris"] * 10)),
    ("blocks", "poems", "\n\n".join([POEM] * 6)),
    ("blocks", "Chinese songs", "\n\n".join([SONG] * 6)),
    ("blocks", "poems without marks", "\n\n".join(["风从窗口进来\n带着海的味道\n我坐着\n想起去年的夏天"] * 6)),
    ("blocks", "talks", "\n\n".join(["A: Hello!\nB: Hi, how are you?\nA: Fine, thanks."] * 6)),
    ("blocks", "Chinese talks", "\n\n".join(["甲：你好！\n乙：你好，最近怎么样？\n甲：很好，谢谢。"] * 6)),
    ("blocks", "records", "\n\n".join(["name: Anna\nage: 12\ncity: Berlin"] * 6)),
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, _, text in KIND_OF], ids=[name for _, name, _ in KIND_OF])
def test_the_kind_is_guessed(kind, text):
    assert guess_kind(text) == kind


def test_items_of_each_kind():
    assert items("a \n\n b\nc\n", "lines") == ["a", " b", "c"]
    assert items("a\nb\n \n\u3000\n\n c\n", "blocks") == ["a\nb", " c"]


def test_a_typed_context_is_marked_as_training_was():
    assert mark("one\n\ntwo\n", "lines") == "one\x1etwo\x1e"
    assert mark("one\ntwo\n \nthree", "blocks") == "one\ntwo\x1ethree"
    assert mark("one\n\ntwo", "stream") == "one\n\ntwo"


# splits


def test_a_stream_is_cut_behind_a_line():
    corpus = Corpus.from_text(ENGLISH * 100, "stream")
    assert corpus.train + corpus.validation == corpus.text == ENGLISH * 100
    assert (corpus.train, corpus.validation) == (ENGLISH * 90, ENGLISH * 10)


def test_a_stream_without_lines_is_cut_behind_a_sentence():
    corpus = Corpus.from_text(CHINESE.replace("\n", "") * 100)
    assert corpus.train + corpus.validation == corpus.text
    assert corpus.train.endswith("。") and 0.08 < len(corpus.validation) / len(corpus.text) < 0.15


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_all_for_training(kind):
    corpus = Corpus.from_text(CHINESE * 10, kind)
    assert corpus.validation == ""
    assert corpus.train.replace(ITEM_BREAK, "\n").strip() == (CHINESE * 10).strip()


def test_a_kind_that_is_none_is_refused():
    with pytest.raises(SettingNotAChoice):
        Corpus.from_text("a text", "prose")


def test_a_text_is_tidied_on_its_way_in():
    assert Corpus.from_text("a\r\nb\x1ec\ud800").text == "a\nbc\ufffd"
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
