"""Headlines and results: found a second time by counting words, and no held-out pair in training."""

import pytest

from sample_corpora.tasks import TASKS, summaries_zh
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


def read_chinese(prompt):
    """(person, place, verb, number, thing) by where words stand in the text."""
    before, after = prompt.split("了")
    person = min(summaries_zh.PEOPLE, key=lambda word: (before + word).index(word))
    place = next(place for place in summaries_zh.PLACES if place in before)
    verb = next(verb for verb in summaries_zh.VERBS if before.endswith(verb))
    return person, place, verb, after[0], next(thing for thing in summaries_zh.NOUNS if after.endswith(thing))


def test_a_second_reading_finds_the_same_chinese_headline():
    for prompt, headline in every_pair("compress-zh"):
        person, place, verb, number, thing = read_chinese(prompt)
        measure = summaries_zh.NOUNS[thing].measure
        assert headline == f"{person}{place}{verb}{number}{measure}{thing}" and f"了{number}{measure}" in prompt


def test_chinese_sentences_have_the_lengths_that_are_said_and_nobody_helps_themselves():
    training = TASKS["compress-zh"].training()
    lengths = [sorted({len(part) for part in parts}) for parts in zip(*training, strict=True)]
    assert (lengths[0][0], lengths[0][-1], lengths[1][0], lengths[1][-1]) == (29, 41, 10, 16)
    for prompt, headline in training:
        person, *_ = read_chinese(prompt)
        assert f"帮{person}" not in prompt and set(headline) <= set(prompt)


def test_no_held_out_pair_stands_in_a_chinese_training_headline():
    taught = [read_chinese(prompt) for prompt, _headline in TASKS["compress-zh"].training()]
    pairs = {(person, verb) for person, _, verb, *_ in taught} | {(thing, place) for _, place, *_, thing in taught}
    groups = TASKS["compress-zh"].held_out_groups()
    new = [read_chinese(prompt) for prompt, _headline in groups["person_verb"]]
    assert not [one for one in new if (one[0], one[2]) in pairs]
    new = [read_chinese(prompt) for prompt, _headline in groups["thing_place"]]
    assert not [one for one in new if (one[4], one[1]) in pairs]


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
        ("compress-zh", "昨天深夜，牵着狗的有名的医生在桥边帮水手很快修好了两条旧船", "医生在桥边修好两条船"),
        ("compress-zh", "昨天深夜，牵着狗的有名的医生在桥边帮水手很快修好了两把旧船", None),
        ("compress-zh", "昨天深夜，牵着狗的有名的医生在桥边帮水手小心地修好了两条旧船", None),
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
