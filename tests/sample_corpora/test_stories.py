"""Stories with a question: answers found a second time, from the end of the story, and no held-out situation in training."""

import pytest

from sample_corpora.tasks import TASKS
from sample_corpora.tasks.stories import CITIES_EN, CITIES_ZH, ROOMS_EN, ROOMS_ZH

NAMES = [name for name in TASKS if name.startswith("stories")]
WORDS = {"en-2": ROOMS_EN, "en-5": CITIES_EN, "zh-2": ROOMS_ZH, "zh-5": CITIES_ZH}


def words_of(name):
    return next(words for key, words in WORDS.items() if key in name)


def read(prompt, words):
    """(person -> last place, person asked for), by where names stand in the text."""
    sentences = [part for part in prompt.replace("?", "?.").replace("？", "？。").replace("。", ".").split(".") if part.strip()]
    where = {}
    for sentence in sentences:
        person = next(person for person in words.people if person in sentence)
        if sentence.strip()[-1] in "?？":
            asked = person
        else:
            where[person] = next(place for place in words.places if sentence.endswith(place))
    return where, asked


@pytest.mark.parametrize("name", NAMES)
def test_a_second_reading_finds_the_same_place(name):
    task = TASKS[name]
    for prompt, answer in [
        *task.training(),
        *task.held_out(),
        *(pair for pairs in task.experiments().values() for pair in pairs),
    ]:
        where, asked = read(prompt, words_of(name))
        assert where[asked] == answer


@pytest.mark.parametrize("name", NAMES)
def test_no_held_out_situation_is_asked_about_in_training(name):
    words = words_of(name)

    def is_new(prompt):
        where, _asked = read(prompt, words)
        place = {person: words.places.index(place) for person, place in where.items()}
        ways = [(place.get(one), place.get(other)) for one, other in zip(words.people, words.people[1:], strict=False)]
        return any(None not in way and way[1] == (way[0] + 1) % len(words.places) for way in ways)

    assert not [prompt for prompt, _answer in TASKS[name].training() if is_new(prompt)]
    assert all(is_new(prompt) for prompt, _answer in TASKS[name].held_out())


@pytest.mark.parametrize("name", NAMES)
def test_the_last_place_named_is_often_not_the_answer(name):
    words = words_of(name)
    training = TASKS[name].training()
    last = sum(max(words.places, key=prompt.rfind) == answer for prompt, answer in training) / len(training)
    assert last < 0.75


@pytest.mark.parametrize(
    ("name", "prompt", "answer"),
    [
        ("stories-en-2", "Anna went to the kitchen. Ben ran to the attic. Where is Anna?", "kitchen"),
        ("stories-en-2", "Where is Anna? Anna went to the kitchen. Anna ran to the attic.", "attic"),
        ("stories-en-2", "Anna went to the kitchen. Where is Ben?", None),
        ("stories-en-2", "Anna went to the moon. Where is Anna?", None),
        ("stories-zh-5", "小明去了北京。小丽来到了西安。小明在哪里？", "北京"),
    ],
)
def test_examples(name, prompt, answer):
    assert TASKS[name].true_answer(prompt) == answer
