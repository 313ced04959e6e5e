"""The fables: their shape, and that no story contradicts itself."""

import os
import random
import re
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from lmcore.text.kinds import guess_kind, items
from lmcore.tokenizers.word import pieces
from sample_corpora import fables_en, fables_zh
from sample_corpora.storyteller import Plot, collection, fill, handwritten

ROOT = Path(__file__).parent.parent.parent
LANGUAGES = pytest.mark.parametrize(
    ("fables", "file"), [(fables_en, "fables_en.txt"), (fables_zh, "fables_zh.txt")], ids=["English", "Chinese"]
)


def told(fables, file: str) -> list[str]:
    """The stories from plots, without the handwritten ones."""
    return items(fables.text(), "blocks")[len(handwritten(file)) :]


ENGLISH = told(fables_en, "fables_en.txt")
CHINESE = told(fables_zh, "fables_zh.txt")


# shape


@LANGUAGES
def test_size_and_kind(fables, file):
    text = fables.text()
    assert 480_000 <= len(text.encode()) <= 520_000
    assert guess_kind(text) == "blocks"
    assert text.endswith("\n") and items(text, "blocks") == text.removesuffix("\n").split("\n\n")


@LANGUAGES
def test_the_handwritten_ones_come_first_and_none_comes_twice(fables, file):
    stories, first = items(fables.text(), "blocks"), handwritten(file)
    assert len(first) == 16 and stories[:16] == first
    assert all(6 <= len(story.split("\n")) <= 12 for story in first)
    assert len(stories) == len(set(stories)) == 16 + fables.STORIES
    assert all(5 <= len(story.split("\n")) <= 9 for story in stories[16:])


@LANGUAGES
def test_the_same_text_in_every_process(fables, file):
    code = f"import hashlib, {fables.__name__} as fables\nprint(hashlib.sha256(fables.text().encode()).hexdigest())"
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)
        assert result.stdout.strip() == sha256(fables.text().encode()).hexdigest(), result.stderr


@LANGUAGES
def test_another_seed_tells_other_stories(fables, file):
    assert len(set(collection([], fables.tell, 100, seed=2).split("\n\n")) & set(told(fables, file))) < 30


@pytest.mark.parametrize(
    ("stories", "signs"),
    [
        (
            ENGLISH,
            "bag broke|brought it up|way home|years later|Let it sleep|No one can|in two|ran a race|took the bridge|You gave me"
            "|It is a wolf|broke your",
        ),
        (CHINESE, "袋子破了|找了回来|带它回了家|年以后|让它睡吧|谁也没有我|只剩下|比谁先跑|冲走了|你在那里给过|是狼！|弄破了"),
    ],
    ids=["English", "Chinese"],
)
def test_every_story_has_one_plot(stories, signs):
    found = Counter(sign for story in stories for sign in re.findall(signs, story))
    assert all(len(re.findall(signs, story)) == 1 for story in stories)
    assert len(found) == 12  # help is returned in two ways
    assert min(found.values()) > 20


def test_the_vocabulary_is_small():
    assert len(Counter(pieces("\n".join(ENGLISH)))) == 272
    assert len(Counter("\n".join(CHINESE))) == 259


def test_what_follows_the_context_is_open():
    assert min(Counter(pieces("\n".join(ENGLISH)))[word] for word in pieces(fables_en.CONTEXT)) > 150
    opening = re.compile(r"(?:little|young) \w+ named \w+ (\w+)")
    assert sum(count > 50 for count in Counter(opening.findall("\n".join(ENGLISH))).values()) >= 7
    assert sum(count > 10 for count in Counter(re.findall(fables_zh.CONTEXT + "(.)", "\n".join(CHINESE))).values()) >= 7


# no story contradicts itself

ANIMALS = "bear|crow|duck|fox|frog|goat|hare|mouse|squirrel|turtle"
THINGS = "apple|berrie|clock|cup|lamp|nut|pear"


def test_an_english_story_agrees_with_itself():
    for story in ENGLISH:
        check_english(story)


def check_english(story: str):
    names = set(re.findall("|".join(fables_en.NAMES), story))
    assert len(names) == 1
    pronouns = set(re.findall(r"\b(?:he|him|his|she|her)\b", story.lower()))
    assert pronouns <= set(fables_en.NAMES[names.pop()].values())
    introduced = []
    for article, animal in re.findall(rf"\b([Aa]|[Tt]he)(?: little| young| hungry| cold)? ({ANIMALS})\b", story):
        assert (animal in introduced) == (article.lower() == "the")  # a fox comes in, the fox goes on
        introduced.append(animal)
    assert len(re.findall(rf"\b(?:{ANIMALS})\b", story)) == len(introduced)
    assert len(set(re.findall(rf"\b(?:{THINGS})(?=s?\b)", story))) <= 1
    for line in story.split("\n"):
        assert re.fullmatch(r"“?[A-Z][a-zA-Z ,.?“”]*[.?]”?", line) and "  " not in line and " ," not in line
        assert re.sub("[^“”]", "", line) in ("", "“”", "“”“”")
    assert not re.search(r"\ba [aeiou]", story)


def test_a_chinese_story_agrees_with_itself():
    for story in CHINESE:
        check_chinese(story)


def check_chinese(story: str):
    assert len(set(re.findall("|".join(fables_zh.NAMES), story))) == 1
    animals = "|".join(fables_zh.MEASURES)
    introduced = set()
    for measure, animal in re.findall(rf"(?:一(.)(?:叫..的)?)?小({animals})", story):
        assert measure == ("" if animal in introduced else fables_zh.MEASURES[animal])  # 一头小牛 comes in, 小牛 goes on
        introduced.add(animal)
    assert len(set(re.findall("苹果|梨|桃子|核桃|伞|灯|杯子", story.replace("灯下", "")))) <= 1
    for line in story.split("\n"):
        assert re.fullmatch(r"[\u4e00-\u9fff，。：！？“”]+[。！？]”?", line)
        assert re.sub("[^“”]", "", line) in ("", "“”", "“”“”")


def test_things_have_their_measure_words():
    measures = {"伞": "把", "灯": "盏", "杯子": "个", "树": "棵", "种子": "颗", "石头": "块", "树枝": "根", "苹果": "个"}
    found = re.findall(r"一([把盏个棵颗块根])(?:大|结满..?的|空)?(伞|灯|杯子|树枝|树|种子|石头|苹果)", "\n".join(CHINESE))
    assert set(found) == {(measure, thing) for thing, measure in measures.items()}


# the storyteller


def test_roles_given_by_the_facts_are_not_drawn():
    plot = Plot(cast={"animal": "fox hare", "other": "fox hare"}, facts=[{"other": "fox", "tail": "red"}], text="")
    assert plot.roles(random.Random(1)) == {"animal": "hare", "other": "fox", "tail": "red"}


def test_wordings_may_hold_wordings_and_lines():
    stories = {fill("[one [red|] fox\nran|two ran]\n[|]", {}, random.Random(seed)) for seed in range(50)}
    assert stories == {"one red fox\nran", "one fox\nran", "two ran"}
