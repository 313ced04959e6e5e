"""Headlines and results: found a second time by counting words, and no held-out pair in training."""

import pytest

from sample_corpora.tasks import TASKS
from sample_corpora.tasks.summaries import CLOSINGS, KINDS, OBJECTS, ORIGINS, PEOPLE, PLACES, TIMES


def every_pair(name):
    task = TASKS[name]
    return [*task.training(), *task.held_out(), *(pair for pairs in task.experiments().values() for pair in pairs)]


def test_a_sentence_has_21_words_and_a_headline_six():
    for prompt, headline in TASKS["compress-en"].training() + TASKS["compress-en"].held_out():
        assert (len(prompt.split()), len(headline.split())) == (21, 6)
        assert set(headline.split()) <= set(prompt.split())


def test_a_second_reading_finds_the_same_headline():
    for prompt, headline in every_pair("compress-en"):
        words = prompt.split()
        person = next(word for word in words if word in PEOPLE)
        verb = next(word for word in words if word in OBJECTS)
        number = words[words.index(verb) + 1]
        thing = next(word for word in words if word in KINDS)
        place = next(place for place in PLACES if place in prompt).replace(" the", "")
        assert headline == f"{person} {verb} {number} {thing} {place}"


def test_things_are_of_kinds_that_they_can_be():
    for prompt, headline in TASKS["compress-en"].training():
        _person, verb, _number, thing, *_place = headline.split()
        assert thing in OBJECTS[verb].split()
        assert prompt.split()[prompt.split().index(thing) - 1] in KINDS[thing].split()
        assert any(prompt.startswith(time) for time in TIMES) and sum(origin in prompt for origin in ORIGINS) == 1


def test_no_held_out_pair_stands_in_a_training_headline():
    taught = [headline.split() for _prompt, headline in TASKS["compress-en"].training()]
    pairs = {(words[0], words[1]) for words in taught} | {(words[3], words[5]) for words in taught}
    groups = TASKS["compress-en"].held_out_groups()
    assert not [pair for pair in groups["person_verb"] if tuple(pair[1].split()[:2]) in pairs]
    assert not [pair for pair in groups["thing_place"] if tuple(pair[1].split()[3::2]) in pairs]


def test_goals_are_counted_for_the_right_team():
    goals = {"scored": 1, "scored twice": 2}
    for report, result in every_pair("reports-en"):
        sentences = [sentence for sentence in report.removesuffix(".").split(". ") if f"{sentence}." not in CLOSINGS]
        meeting = next(sentence for sentence in sentences if " met " in sentence).split()
        counted = {meeting[0]: 0, meeting[2]: 0}
        for sentence in sentences:
            team, event = sentence.split(" ", 1)
            counted[team] += goals.get(event, 0)
        assert result == " ".join(f"{team} {number}" for team, number in counted.items())


def test_the_held_out_matches_are_in_no_training_report():
    def teams(pairs):
        return {tuple(result.split()[::2]) for _report, result in pairs}

    assert teams(TASKS["reports-en"].held_out()) & teams(TASKS["reports-en"].training()) == set()
    assert ("Lions", "Bears") in teams(TASKS["reports-en"].held_out())


@pytest.mark.parametrize(
    ("name", "prompt", "answer"),
    [
        ("reports-en", "Lions met Bears in Oslo. Lions scored twice. Bears missed. Bears scored. It rained.", "Lions 2 Bears 1"),
        ("reports-en", "Lions met Bears in Oslo. Foxes scored.", None),
        (
            "compress-en",
            "on monday morning the old baker with the red hat quietly sold three wooden chairs for the doctor near the bridge",
            "baker sold three chairs near bridge",
        ),
        (
            "compress-en",
            "on monday morning the old baker with the red hat quietly sold three rusty chairs for the doctor near the bridge",
            None,
        ),
    ],
)
def test_examples(name, prompt, answer):
    assert TASKS[name].true_answer(prompt) == answer
