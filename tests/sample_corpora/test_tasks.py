"""What holds of every task of one line: nothing held out is trained on, the true answers are true, and the lines are always the same."""

import hashlib
import re

import pytest

from lmcore.config import TokenizerConfig
from lmcore.text.corpus import Corpus
from lmcore.text.kinds import guess_kind
from lmcore.tokenizers import build_tokenizer
from sample_corpora.tasks import MARKER, TASKS

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
HASHES = {
    "translation-en-zh": "9dc0dfa97b88",
    "translation-zh-en": "79d74a03fd89",
    "reviews-en": "f1f142618fa8",
    "reviews-en-no-negation": "344b511e41cf",
    "reviews-zh": "6d3ce8091e83",
    "reviews-zh-no-negation": "e963f41e594e",
    "stories-en-2": "d9788f14eb58",
    "stories-en-2-own-rooms": "3acbd50eb06d",
    "stories-en-5": "55cd58302449",
    "stories-en-5-first": "a7e5a7a0760f",
    "stories-zh-2": "a42176b3a7a3",
    "stories-zh-2-own-rooms": "a7e92b059853",
    "stories-zh-5": "6f2000d5aa6d",
    "stories-zh-5-first": "85cee0841387",
    "compress-en": "1b3592691fa0",
    "reports-en": "bad61d7d37f3",
    "compress-zh": "b90c0ec9d039",
}


def asked(task):
    return [pair for pairs in (*task.held_out_groups().values(), *task.experiments().values()) for pair in pairs]


def test_they_are_named_by_their_ids():
    assert all(task.id == key for key, task in TASKS.items())
    assert {task.task for task in TASKS.values()} == {"translation", "sentiment", "answering", "summary"}


@every_task
def test_they_are_described_in_both_languages(task):
    for words in (task.titles, task.descriptions, task.held_out_rule):
        assert words.keys() == {"en", "zh"}
        assert re.search("[\u4e00-\u9fff]", words["zh"])
    for description in task.descriptions.values():
        assert "MIT" in description


@every_task
def test_the_number_of_lines_in_the_description_is_right(task):
    for description in task.descriptions.values():
        if number := re.search(r"\d,\d{3}", description):
            assert int(number[0].replace(",", "")) == len(task.training())


@every_task
def test_a_variant_differs_from_a_task_of_the_same_kind(task):
    if task.variant_of:
        other = TASKS[task.variant_of]
        assert (other.task, other.language, other.variant_of) == (task.task, task.language, "")
        assert other.training() != task.training()


@every_task
def test_no_prompt_is_asked_that_was_trained_on(task):
    prompts = [prompt for prompt, _answer in task.training()]
    assert len(prompts) == len(set(prompts)) >= 1_000
    assert len({prompt for prompt, _answer in task.held_out()}) == len(task.held_out()) >= 200
    assert not {prompt for prompt, _answer in asked(task)} & set(prompts)


@every_task
def test_each_line_has_the_marker_once(task):
    lines = task.text().splitlines()
    assert [tuple(line.split(f" {MARKER} ")) for line in lines] == task.training()
    for prompt, answer in [*task.training(), *asked(task)]:
        assert f"{prompt} {MARKER} {answer}".count(MARKER) == 1
        assert prompt == prompt.strip() != "" and answer == answer.strip() != ""
        assert "\n" not in prompt + answer


@every_task
def test_every_answer_is_the_true_one(task):
    for prompt, answer in [*task.training(), *asked(task)]:
        assert task.true_answer(prompt) == answer


@every_task
@pytest.mark.parametrize("prompt", ["", "the weather is nice today", "今天天气很好", "=>"])
def test_what_is_not_of_the_grammar_has_no_true_answer(task, prompt):
    assert task.true_answer(prompt) is None


@every_task
def test_every_token_that_is_asked_for_stands_in_a_training_line(task):
    corpus = Corpus.from_text(task.text(), "lines")
    tokenizer = build_tokenizer(TokenizerConfig(level=task.tokenizer), corpus.train)
    assert not [pair for pair in asked(task) if tokenizer.unknown_pieces(f"{pair[0]} {MARKER} {pair[1]}")]


@every_task
def test_the_text_is_seen_as_lines_and_is_always_the_same(task):
    assert guess_kind(task.text()) == "lines"
    assert hashlib.sha256(task.text().encode()).hexdigest()[:12] == HASHES[task.id]
