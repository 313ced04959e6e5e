"""What holds for every tokenizer and every text, and what each cuts."""

import json
import random
import re

import numpy as np
import pytest
import rjieba

from lmcore import config
from lmcore.config import RunConfig, TokenizerConfig
from lmcore.errors import EmptyText, LmcoreError, TokenizerDamaged, WordsNotCut
from lmcore.export import script
from lmcore.inference import copying, guessing
from lmcore.text import held_out
from lmcore.tokenizers import (
    BEGIN,
    ITEM_BREAK,
    TOKENIZERS,
    UNKNOWN,
    CharacterTokenizer,
    SubwordTokenizer,
    WordTokenizer,
    build_and_encode,
    build_tokenizer,
    load_tokenizer,
    subword,
)
from lmcore.tokenizers.byte_pairs import BYTE_OF, NAME_OF
from lmcore.tokenizers.subword import CHARACTER, sample
from lmcore.tokenizers.word import PIECE, SPAN, pieces, spans_of
from lmcore.training import planning
from pages.parts.write import continuations
from tests.lmcore.awkward import CHINESE, ENGLISH, JAPANESE, KOREAN, MIXED, RUSSIAN, TEXTS, invented_words

TRAINED_ON = ENGLISH * 20 + CHINESE * 20 + MIXED * 20
STREAM = {level: build_tokenizer(TokenizerConfig(level, 600), TRAINED_ON) for level in TOKENIZERS}
ITEMS = {
    level: build_tokenizer(TokenizerConfig(level, 600), ITEM_BREAK + TRAINED_ON.replace("\n", ITEM_BREAK)) for level in TOKENIZERS
}
TYPE = {"character": "characters", "word": "words"}

every_tokenizer = pytest.mark.parametrize(
    "tokenizer", [*STREAM.values(), *ITEMS.values()], ids=[*STREAM, *(f"{level}-items" for level in ITEMS)]
)
every_text = pytest.mark.parametrize(
    "text", [*TEXTS.values(), "", "half \ud800 a \udfff character"], ids=[*TEXTS, "nothing", "lone surrogates"]
)


@every_tokenizer
@every_text
def test_ids_are_of_the_vocabulary(tokenizer, text):
    ids = tokenizer.encode(text)
    assert ids.ndim == 1 and ids.dtype == (np.uint8 if tokenizer.vocabulary_size <= 256 else np.uint16)
    assert len(tokenizer.vocabulary) == tokenizer.vocabulary_size
    assert ids.size == 0 or ids.min() >= 0 and ids.max() < tokenizer.vocabulary_size


@every_tokenizer
@every_text
def test_offsets_point_into_the_text(tokenizer, text):
    ids, starts, ends = tokenizer.offsets(text)
    assert ids.tolist() == tokenizer.encode(text).tolist()
    assert len(starts) == len(ends) == len(ids)
    assert (starts < ends).all() and (np.diff(starts) >= 0).all() and (np.diff(ends) >= 0).all()
    assert ids.size == 0 or ends[-1] <= len(text)
    covered = np.zeros(len(text), dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        covered[start:end] = True
    assert all(covered[position] or tokenizer.level == "word" and text[position].isspace() for position in range(len(text)))


@every_tokenizer
@every_text
def test_a_text_cut_anywhere_gives_the_same_ids(tokenizer, text):
    """Long texts are read in chunks, cut between words where there is a space or a line end."""
    whole = tokenizer.encode(text).tolist()
    longest_word = max(map(len, text.split()), default=0)
    for size in (30, 100) if longest_word < 15 or tokenizer.level == "character" else (4 * longest_word,):
        assert tokenizer.encode(text, chunk=size).tolist() == whole


@every_tokenizer
@every_text
def test_unknown_pieces_are_the_unknown_ids(tokenizer, text):
    ids, starts, ends = tokenizer.offsets(text)
    expected = [
        text[start:end] for token_id, start, end in zip(ids, starts, ends, strict=True) if token_id == tokenizer.unknown_id
    ]
    assert tokenizer.unknown_pieces(text) == expected


@every_tokenizer
def test_json_and_back(tokenizer):
    again = load_tokenizer(json.loads(json.dumps(tokenizer.to_json())))
    assert (again.level, again.vocabulary, again.begin_id) == (tokenizer.level, tokenizer.vocabulary, tokenizer.begin_id)
    for text in TEXTS.values():
        assert again.encode(text).tolist() == tokenizer.encode(text).tolist()
    assert again.to_json() == tokenizer.to_json()


@pytest.mark.parametrize(
    "table",
    [config.choices(TokenizerConfig, "level"), held_out.LENGTHS, held_out.CONTEXTS, planning.SAMPLE_TOKENS, guessing.GUESSES,
     copying.USUAL.keys() - {"wide"}, script.PACKAGES, continuations.AMOUNT],
)  # fmt: skip
def test_every_table_has_every_level(table):
    assert set(table) == set(TOKENIZERS)


def test_an_older_name_of_the_level_is_read():
    values = STREAM["word"].to_json()
    older = {"kind" if name == "level" else name: value for name, value in values.items()}
    assert load_tokenizer(older).to_json() == values
    asked = RunConfig(TokenizerConfig("word", 600)).to_json()
    older = {**asked, "tokenizer": {"kind": "word", "vocabulary_size": 600}}
    assert RunConfig.from_json(older).to_json() == asked


@pytest.mark.parametrize("level", TOKENIZERS)
def test_the_same_text_gives_the_same_tokenizer(level):
    assert build_tokenizer(TokenizerConfig(level, 600), TRAINED_ON).to_json() == STREAM[level].to_json()


@pytest.mark.parametrize("level", TOKENIZERS)
@every_text
def test_building_and_encoding_at_once_gives_the_same(level, text):
    for training_text in (text, ITEM_BREAK + (text + TRAINED_ON + invented_words(3_000)).replace("\n", ITEM_BREAK)):
        try:
            tokenizer, ids = build_and_encode(TokenizerConfig(level, 600), training_text)
        except EmptyText:
            assert training_text == ""
            continue
        assert tokenizer.to_json() == build_tokenizer(TokenizerConfig(level, 600), training_text).to_json()
        expected = tokenizer.encode(training_text)
        assert ids.dtype == expected.dtype and ids.tolist() == expected.tolist()


@pytest.mark.parametrize("level", TOKENIZERS)
def test_the_begin_token_is_there_for_items_alone(level):
    assert STREAM[level].begin_id is None and BEGIN not in STREAM[level].vocabulary
    tokenizer = ITEMS[level]
    assert tokenizer.vocabulary[tokenizer.begin_id] == BEGIN
    ids = tokenizer.encode("\x1eThe fox\x1e我们 \x1e").tolist()
    assert ids.count(tokenizer.begin_id) == 3 and ids[0] == ids[-1] == tokenizer.begin_id
    assert tokenizer.decode(ids).replace(" ", "").startswith("\x1eThefox\x1e我们")


@pytest.mark.parametrize("level", TOKENIZERS)
@every_text
def test_every_text_makes_a_tokenizer(level, text):
    try:
        tokenizer = build_tokenizer(TokenizerConfig(level, 600), text)
    except EmptyText:
        assert text == ""
        return
    assert tokenizer.vocabulary_size <= 600
    assert tokenizer.encode(text).size > 0


@pytest.mark.parametrize("level", TOKENIZERS)
@pytest.mark.parametrize(
    "damage", ["not a tokenizer", None, [], {}, {"level": "sentence"}, "no level", "empty", "number", "twice", "missing"]
)
def test_a_damaged_tokenizer_is_refused(level, damage):
    values = STREAM[level].to_json()
    types = "names" if level == "subword" else TYPE[level]
    if damage == "no level":
        values = {key: value for key, value in values.items() if key != "level"}
    elif damage == "missing":
        values = {"level": level}
    elif damage in ("empty", "number", "twice"):
        values = {**values, types: values[types][:-1] + [{"empty": "", "number": 5, "twice": values[types][0]}[damage]]}
    else:
        values = damage
    with pytest.raises(TokenizerDamaged):
        load_tokenizer(values)


def test_a_merge_of_nothing_known_is_refused():
    values = STREAM["subword"].to_json()
    with pytest.raises(TokenizerDamaged):
        load_tokenizer({**values, "merges": [*values["merges"], ["never", "seen"]]})


def test_more_merges_than_training_makes_are_refused():
    values = STREAM["subword"].to_json()
    with pytest.raises(TokenizerDamaged):
        load_tokenizer({**values, "merges": values["merges"][:1] * (2 * len(values["names"]) + 1)})


# characters


def test_characters_by_hand():
    tokenizer = CharacterTokenizer.train("\x1eab\x1ebb\x1e")
    assert tokenizer.vocabulary == [UNKNOWN, BEGIN, "b", "a"]
    assert tokenizer.encode("\x1eab语\x1e").tolist() == [1, 3, 2, 0, 1]
    assert tokenizer.decode([1, 3, 2, 0, 1]) == "\x1eab\ufffd\x1e"


@every_text
def test_characters_seen_come_back(text):
    assert not text or CharacterTokenizer.train(text).decode(CharacterTokenizer.train(text).encode(text)) == text


def test_equally_frequent_characters_come_by_code_point_and_rare_ones_are_cut():
    assert CharacterTokenizer.train("cabcab语").vocabulary == [UNKNOWN, "a", "b", "c", "语"]
    assert CharacterTokenizer.train("cabcab语", vocabulary_size=3).vocabulary == [UNKNOWN, "a", "b"]


def test_many_characters_need_wider_ids():
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    assert CharacterTokenizer.train(text[:200]).encode(text).dtype == np.uint8
    assert CharacterTokenizer.train(text).encode(text).dtype == np.uint16


# words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop!", ["Don't", "stop", "!"]),
        ("a well-known fact - it’s so", ["a", "well-known", "fact", "-", "it’s", "so"]),
        ("1,000.50 or 15% at 10:30.", ["1,000.50", "or", "15%", "at", "10:30", "."]),
        ("one\n\ntwo", ["one", "\n", "\n", "two"]),
        ("我们学习语言。", ["我们", "学习", "语言", "。"]),
        ("今天天气很好，（真的！）", ["今天天气", "很", "好", "，", "（", "真的", "！", "）"]),
        ("我们用Python学习", ["我们", "用", "Python", "学习"]),
        ("“好”……《书》", ["“", "好", "”", "…", "…", "《", "书", "》"]),
        ("hi 👨‍👩‍👧👍🏽🇩🇪!", ["hi", "👨‍👩‍👧", "👍🏽", "🇩🇪", "!"]),
        ("<b>x_1</b> 1 < x > 0", ["<b>", "x", "_", "1", "</b>", "1", "<", "x", ">", "0"]),
        ("<unk> <s>a</s> @-@ 10 @,@ 5 @.@", ["<unk>", "<s>", "a", "</s>", "@-@", "10", "@,@", "5", "@.@"]),
        ("<|endoftext|>[MASK]<pad>[UNK] [1]", ["<|endoftext|>", "[MASK]", "<pad>", "[UNK]", "[", "1", "]"]),
        ("the 1st mp3, H2O; 3.5kg", ["the", "1st", "mp3", ",", "H2O", ";", "3.5", "kg"]),
        ("U.S. or U.K.’s, e.g. this. I.", ["U.S.", "or", "U.K.", "’", "s", ",", "e.g.", "this", ".", "I", "."]),
        ("(a.b-c@example.org), 写信给anna@x.cn。", ["(", "a.b-c@example.org", ")", ",", "写信给", "anna@x.cn", "。"]),
        ("http://x.org/a?b=c#d, www.x.org.", ["http://x.org/a?b=c#d", ",", "www.x.org", "."]),
        ("在https://x.org，和", ["在", "https://x.org", "，", "和"]),
        ("a\tb\t\tc", ["a", "\t", "b", "\t", "\t", "c"]),
        ("    if x:\n\treturn  1 \n", ["    ", "if", "x", ":", "\n", "\t", "return", "  ", "1", "\n"]),
        ("　　春天\xa0！", ["　　", "春天", "\xa0", "！"]),
        ("🇩🇪🇫🇷🇨🇳🇩", ["🇩🇪", "🇫🇷", "🇨🇳", "🇩"]),
        ("\x1ea \x1e", ["\x1e", "a", "\x1e"]),
        ("می\u200cخواهم ශ්\u200dරී", ["می\u200cخواهم", "ශ්\u200dරී"]),
        ("1️⃣2️⃣ #️⃣ *️⃣ 12️⃣ 3.14% 1,000", ["1️⃣", "2️⃣", "#️⃣", "*️⃣", "1", "2️⃣", "3.14%", "1,000"]),
        ("a👨\u200d👩\u200d👧b 🇩🇪🇫🇷 👍🏽", ["a", "👨\u200d👩\u200d👧", "b", "🇩🇪", "🇫🇷", "👍🏽"]),
    ],
)
def test_what_a_word_is(text, expected):
    assert pieces(text) == expected


def test_spans_are_what_the_pattern_finds():
    draw = random.Random(1)
    for _ in range(5_000):
        text = "".join(draw.choices("ab中  \n\x1e\t\x1c\x85\u2028\u3000\u00a0\u200b\x00", k=draw.randint(0, 12)))
        assert spans_of(text) == SPAN.findall(text)


def test_words_are_what_the_patterns_find():
    draw = random.Random(2)
    for _ in range(2_000):
        span = "".join(draw.choices("abé中文，'-_,.1\x00", k=draw.randint(1, 8)))
        cut = (rjieba.cut(match.group()) if match.lastgroup == "han" else [match.group()] for match in PIECE.finditer(span))
        assert pieces(span) == [piece for part in cut for piece in part]


@every_text
def test_words_and_spaces_are_the_whole_text(text):
    """Only single spaces are no tokens: a tab, an indentation, a space of another kind are."""
    assert "".join(pieces(text)) == re.sub(r"(?<![^\S\n\t\x1e]) (?![^\S\n\t\x1e])", "", text)


@pytest.mark.parametrize(
    "text",
    [
        "The cat, the dog (and I) sat: why?\nNobody knows.",
        "今天天气很好，我们去公园。",
        "我们用Python学习，它说：“Hello, world！”",
        "한국어 텍스트 예측.",
    ],
)
def test_words_are_joined_as_a_person_would(text):
    tokenizer = WordTokenizer.train(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_words_by_hand():
    tokenizer = WordTokenizer.train("\x1ethe cat\x1eThe cat, the end\x1e")
    assert tokenizer.vocabulary == [UNKNOWN, BEGIN, "cat", "the", ",", "The", "end"]
    assert tokenizer.encode("\x1ethe bird, 猫\x1e").tolist() == [1, 3, 0, 4, 0, 1]
    assert tokenizer.decode([1, 3, 0, 4, 2, 1]) == "\x1ethe \ufffd, cat\x1e"
    assert tokenizer.unknown_pieces("the bird, 猫") == ["bird", "猫"]


def test_once_only_words_are_unknown_in_a_large_text_alone():
    few, many = invented_words(1_000), invented_words(3_000)
    assert WordTokenizer.train("often often " + few).vocabulary[1] == "often"
    assert WordTokenizer.train("often often " + few).encode(few).min() > 0
    tokenizer, ids = WordTokenizer.train_and_encode("often often " + many)
    assert tokenizer.vocabulary_size == 1 + 1 + 3_000 - 150
    assert np.flatnonzero(ids == 0).tolist() == [2 + 20 * position for position in range(150)]  # 5 %, from all over the alphabet


@pytest.mark.parametrize("mark", [" ", "\n", ITEM_BREAK])
def test_words_are_kept_where_all_are_different(mark):
    tokenizer, ids = WordTokenizer.train_and_encode(mark + invented_words(2_600).replace(" ", mark) + mark)
    assert 0 < np.mean(ids == 0) <= 0.05
    assert tokenizer.vocabulary_size > 2_300


def test_a_vocabulary_is_filled_where_every_word_is_seen_once():
    assert WordTokenizer.train(invented_words(3_000), vocabulary_size=400).vocabulary_size == 400


def test_a_texts_own_markers_are_not_those_of_the_vocabulary():
    text = "\x1e<unk> the <begin> of\x1e<unk> <s>\x1e"
    tokenizer = WordTokenizer.train(text)
    assert tokenizer.vocabulary[:2] == [UNKNOWN, BEGIN] == ["⟨unk⟩", "⟨begin⟩"]
    assert {"<unk>", "<begin>", "<s>"} < set(tokenizer.vocabulary[2:])
    assert 0 not in tokenizer.encode(text) and tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("ภาษาไทยเขียนติดกันโดยไม่เว้นวรรคระหว่างคำ แบบจำลองภาษาทำนายคำถัดไป\n" * 3, "ภาษาไทยเขียนติดกันโด"),
        ("ພາສາລາວຂຽນຕິດກັນໂດຍບໍ່ມີຍະຫວ່າງ\n", None),
        ("ភាសាខ្មែរសរសេរជាប់គ្នាដោយគ្មានដកឃ្លា", None),
        ("မြန်မာဘာသာစကားကိုစာလုံးများကပ်၍ရေးသည်", None),
        ("わたしはきのうともだちとこうえんへいきました。とてもたのしかったです。\n", None),
        ("コンピュータハコトバヲヨソクスル", None),
        ("\x1e" + "ภาษาไทยเขียนติดกัน\x1e" * 20, None),
    ],
)
def test_a_script_that_is_not_cut_is_refused_for_words_alone(text, beginning):
    with pytest.raises(WordsNotCut) as caught:
        build_and_encode(TokenizerConfig("word"), text)
    assert beginning in (None, caught.value.values["beginning"])
    assert "Choose characters or subwords." in str(caught.value)
    for level in ("character", "subword"):
        assert len(build_and_encode(TokenizerConfig(level, 600), text)[1])


@pytest.mark.parametrize(
    "text",
    [
        "ภาษา ไทย เขียน ติด กัน แบบ จำลอง ทำนาย คำ",  # cut by hand
        "わたし は きのう ともだち と こうえん へ いきました",
        "言語モデルは、前の単語を見て次の単語を予測します。今日は天気がいいです。",
        "The Thai word ภาษาไทยเขียนติดกันโดยไม่เว้นวรรค stands in an English sentence that is much longer than the word.",
        "한국어 텍스트 예측.",
        "हिन्दी में शब्दों के बीच खाली जगह होती है।",
    ],
)
def test_what_can_be_cut_is_not_refused(text):
    assert WordTokenizer.train(text).vocabulary_size >= 5


def test_very_many_flags_are_cut_in_no_time():
    """By `\\X` alone these would take minutes: it looks back to the first one at each."""
    flags = ["🇩🇪", "🇫🇷", "🇨🇳"] * 30_000
    assert pieces("".join(flags)) == flags


def test_a_vocabulary_is_cut_to_its_size():
    tokenizer = WordTokenizer.train("a a a b b c", vocabulary_size=3)
    assert tokenizer.vocabulary == [UNKNOWN, "a", "b"]


# subwords


@every_text
@pytest.mark.parametrize("tokenizer", [STREAM["subword"], ITEMS["subword"]], ids=["stream", "items"])
def test_subwords_are_lossless_and_the_librarys_own(tokenizer, text):
    text = text.replace("\ud800", "\ufffd").replace("\udfff", "\ufffd")
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert ids.tolist() == tokenizer.library.encode(text, add_special_tokens=False).ids


def test_subwords_of_a_text_that_repeats_are_the_librarys_own():
    text = (ENGLISH + "  indented\t\t code \n\n\n" + CHINESE) * 200
    tokenizer = STREAM["subword"]
    expected = tokenizer.library.encode(text, add_special_tokens=False).ids
    assert all(tokenizer.encode(text, chunk=size).tolist() == expected for size in (500, 3_000, 1 << 20))


@pytest.mark.parametrize("tokenizer", [STREAM["subword"], ITEMS["subword"]], ids=["stream", "items"])
def test_subwords_of_any_spacing_are_the_librarys_own(tokenizer):
    draw = random.Random(3)
    letters = [*"     \n\n\t\r\x1c\x1e\x1f\x85\u3000\u2028\u00a0ab1,.'中", "'s", "😀", "e\u0301"]
    for _ in range(1_000):
        text = "".join(draw.choices(letters, k=draw.randint(0, 40)))
        assert tokenizer.encode(text).tolist() == tokenizer.library.encode(text, add_special_tokens=False).ids


def test_parts_of_a_character_are_shown_by_their_bytes_and_share_its_place():
    tokenizer = SubwordTokenizer.train("plain English", vocabulary_size=260)
    ids, starts, ends = tokenizer.offsets("a语")
    assert [tokenizer.vocabulary[token_id] for token_id in ids] == ["a", "<E8>", "<AF>", "<AD>"]
    assert (starts.tolist(), ends.tolist()) == ([0, 1, 1, 1], [1, 2, 2, 2])


@pytest.mark.parametrize("size", [270, 400, 2_000])
@pytest.mark.parametrize(
    "text",
    [
        *(CHINESE * 5, JAPANESE * 5, RUSSIAN * 5, KOREAN * 5, MIXED * 5, "".join(TEXTS.values()), "café naïve œuf “ł” " * 5),
        *(
            "葡萄，葡萄。" * 20,
            "👨‍👩‍👧 👍🏽 🇩🇪😀😀 " * 20,
            "一\u3000\u3000二\u2003三\n\u3000四" * 20,
            "①②Ⅷ٣٤" * 20,
            "𠮷𠮷\ue000\U000f4e00一" * 20,
        ),
    ],
)
def test_no_subword_joins_a_part_of_a_character_with_anything_of_another(text, size):
    """Always together, as 葡 and 萄 are, both halves of a pair are as frequent as what stands between them."""
    tokenizer = SubwordTokenizer.train(text, vocabulary_size=size)
    assert 256 < tokenizer.vocabulary_size <= size
    for name in set(tokenizer.names) - {ITEM_BREAK}:
        piece = bytes(BYTE_OF[letter] for letter in name)
        *others, last = CHARACTER.findall(piece)
        assert not others or piece.decode()
        assert piece[0] < 0x80 or piece[0] >= 0xC2 or len(piece) == 1  # none begins in the middle of a character
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_frequent_character_is_one_subword_and_characters_share_the_merges_of_their_beginnings():
    tokenizer = SubwordTokenizer.train("才手才手才手丽", vocabulary_size=260)
    assert tokenizer.vocabulary[256:] == ["<E6 89>", "手", "才", "才手"]
    assert [tokenizer.vocabulary[token_id] for token_id in tokenizer.encode("才打丽")] == [
        "才",
        "<E6 89>",
        "<93>",
        "<E4>",
        "<B8>",
        "<BD>",
    ]


def test_subwords_of_an_older_run_may_join_parts_of_characters():
    """Merges were once learned from bytes; a run keeps those it was trained with."""
    last, first = NAME_OF[0xAD], NAME_OF[0xE8]  # of 语, of 言
    older = load_tokenizer({"level": "subword", "names": [*sorted(BYTE_OF), last + first], "merges": [[last, first]]})
    ids = older.encode("语言")
    assert [older.vocabulary[token_id] for token_id in ids] == ["<E8>", "<AF>", "<AD><E8>", "<A8>", "<80>"]
    assert older.texts(ids) == ["", "", "语", "", "言"] and older.decode(ids) == "语言"


def test_subwords_are_learned_all_over_a_long_text():
    assert list(sample("ab " * 100, size=1_000)) == ["ab " * 100]
    parts = list(sample("".join(f"{number:04d} " for number in range(10_000)), size=5_000, chunk=500))
    assert 3_000 <= sum(map(len, parts)) <= 6_000
    assert int(parts[0].split()[0]) < 100 and int(parts[-1].split()[-1]) > 8_500


def test_every_error_has_a_code():
    with pytest.raises(LmcoreError) as caught:
        build_tokenizer(TokenizerConfig("word"), ITEM_BREAK)
    assert caught.value.code == "text.empty"


LONG = "".join(f"word{number % 977} 一个词，" for number in range(150_000))  # 1.9 million characters: several chunks


@pytest.mark.parametrize("level", TOKENIZERS)
def test_what_is_done_of_a_long_text_is_told(level):
    of_training, of_encoding, of_both = [], [], []
    tokenizer = build_tokenizer(TokenizerConfig(level, 600), LONG, of_training.append)
    tokenizer.encode(LONG, on_progress=of_encoding.append)
    build_and_encode(TokenizerConfig(level, 600), LONG, of_both.append)
    for told in (of_training, of_encoding, of_both):
        assert len(told) > 1 and told == sorted(told) and 0 < told[0] < 1 and told[-1] == 1


@pytest.mark.parametrize("level", TOKENIZERS)
def test_what_hears_of_the_progress_can_end_the_work(level):
    class Enough(Exception):
        pass

    def once(share: float):
        told.append(share)
        raise Enough

    told = []
    with pytest.raises(Enough):
        build_tokenizer(TokenizerConfig(level, 600), LONG, once)
    with pytest.raises(Enough):
        STREAM[level].encode(LONG, on_progress=once)
    assert len(told) == 2


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "天地玄黄，宇宙洪荒。" * 400, "one two  three\n" * 400])
def test_cutting_what_training_reads_changes_no_subword_where_pieces_are_short(text, monkeypatch):
    """Cut: the trainer's time grows with the square of a piece, and a Chinese text without punctuation is one."""
    learned = SubwordTokenizer.train(text * 3, vocabulary_size=400)
    monkeypatch.setattr(subword, "LONGEST_PIECE", 10**9)
    assert SubwordTokenizer.train(text * 3, vocabulary_size=400).to_json() == learned.to_json()
