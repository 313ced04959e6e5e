"""Tasks: nothing leaks, many prompts at once are as one by one, and each number can be had another way."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore import Corpus, Sampling
from lmcore.config import ModelConfig, RunConfig, TokenizerConfig
from lmcore.errors import (
    EmptyText,
    MarkerMissing,
    OneLabelOnly,
    TargetsMissing,
    TooFewCandidates,
    TooFewPairs,
    TooManyLabels,
    TooManyPairs,
)
from lmcore.inference import probability
from lmcore.inference.trained import TrainedModel
from lmcore.models import NeuralLanguageModel, UniformModel, build_model
from lmcore.tasks import (
    MOST_PAIRS,
    Task,
    answer,
    answers,
    classify,
    counting_model,
    drawn,
    label_probabilities,
    learning_curve,
    nearest,
    rank,
    score,
    sources,
    train_class_models,
    unknown_words,
    votes,
    wilson,
)
from lmcore.tasks.asking import context_of, ids_of
from lmcore.tasks.baselines import baseline_scores, distances, first_words, majority
from lmcore.text.corpus import encode
from lmcore.text.markers import marker_of
from lmcore.tokenizers import TOKENIZERS, build_tokenizer
from lmcore.training.train import train

NOUNS = ("tea", "soup", "bread", "茶", "room", "bed", "film", "the very long story")
GOOD, BAD = ("good", "fresh", "nice"), ("bad", "cold", "dull")
REVIEWS = [(f"the {noun} was {word}", "positive" if word in GOOD else "negative") for noun in NOUNS for word in GOOD + BAD]
TRANSLATIONS = [(f"{noun} {number}", f"{'一二三四五六七八九'[number]} 个 {noun}") for noun in NOUNS for number in range(9)]
FAMILIES = ("lstm", "transformer")
NOTHING = np.empty(0, dtype=np.int64)


def model_of(pairs, family: str, kind: str = "word", separator: str = " => ") -> TrainedModel:
    """An untrained network: what is asked of it is as uncertain as can be."""
    corpus = Corpus.from_text("\n".join(map(separator.join, pairs)), "lines", validation_share=0.0)
    tokenizer = build_tokenizer(TokenizerConfig(kind, 300), corpus.train)
    data = encode(corpus, tokenizer)
    if family == "5-gram":
        return counting_model(Task("=>", tuple(pairs), (), separator), tokenizer)
    if family == "uniform":
        return TrainedModel.of(UniformModel(tokenizer.vocabulary_size), tokenizer, "lines", opening=data.opening)
    network = build_model(ModelConfig(family=family, embedding_size=8, hidden_size=16), tokenizer.vocabulary_size, seed=3)
    return TrainedModel.of(
        NeuralLanguageModel(network.eval(), data.opening, tokenizer.begin_id), tokenizer, "lines", 0, data.opening
    )


@pytest.fixture(scope="module")
def learned() -> TrainedModel:
    config = RunConfig(TokenizerConfig("word"), ModelConfig(embedding_size=32, hidden_size=32))
    config = config.with_training(stop="steps", stop_after=150.0, loss_on="answer")
    return train(Corpus.from_text(Task("=>", tuple(REVIEWS), ()).text, "lines"), config)


@pytest.mark.parametrize("family", [*FAMILIES, "5-gram", "uniform"])
@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("separator", [" => ", "\t", "→"])
def test_ranks_are_the_chain_rule_of_the_whole_item(family, kind, separator):
    model = model_of(TRANSLATIONS, family, kind, separator)
    prompt, candidates = "tea 3", ["四 个 tea", "四 个 soup", "四"]
    for found in rank(model, prompt, candidates, separator=separator):
        context, ids = ids_of(model, prompt, found.text, separator)
        assert ids[-1] == model.tokenizer.begin_id and model.tokenizer.begin_id not in context
        expected = probability.score(model.model, ids, context)
        assert_allclose(found.log_probs, expected.log_probs, atol=1e-5)
        assert found.total == pytest.approx(expected.total, abs=1e-4) and found.mean == pytest.approx(found.total / len(ids))
    totals = [found.total for found in rank(model, prompt, candidates, separator=separator)]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("separator", [" => ", "\t", "=>", " → "])
@pytest.mark.parametrize("text", ["四 个 tea", "positive", "茶"])
def test_a_prompt_is_cut_as_before_its_answer(kind, separator, text):
    """What a model is asked after stands in front of the answer in training, token by token."""
    model = model_of(TRANSLATIONS + REVIEWS, "lstm", kind, separator)
    assert context_of(model, "tea 3", separator).tolist() == ids_of(model, "tea 3", text, separator)[0].tolist()


@pytest.mark.parametrize("family", [*FAMILIES, "5-gram"])
@pytest.mark.parametrize("kind", TOKENIZERS)
def test_answers_side_by_side_are_those_one_by_one(family, kind):
    model = model_of(TRANSLATIONS, family, kind)
    prompts = [prompt for prompt, _ in TRANSLATIONS[::7]] + ["tea", "tea 1 tea 2 tea 3"]
    for prompt, found in zip(prompts, answers(model, prompts, limit=12), strict=True):
        alone = answer(model, prompt, limit=12)
        assert (found.text, found.tokens, found.ended) == (alone.text, alone.tokens, alone.ended)
        assert_allclose(found.log_probs, alone.log_probs, atol=1e-5)
        assert len(found.log_probs) == len(found.tokens) + found.ended


def test_drawn_answers_follow_from_their_seed():
    model = model_of(TRANSLATIONS, "5-gram")
    several = {answer(model, "tea 3", settings=Sampling(temperature=1.5), seed=seed).text for seed in range(20)}
    assert len(several) > 3
    assert answer(model, "tea 3", settings=Sampling(), seed=5).text == answer(model, "tea 3", settings=Sampling(), seed=5).text


def test_label_probabilities_sum_to_one_and_are_the_share_of_each_label(learned):
    found = label_probabilities(learned, "the tea was good", ("positive", "negative"))
    assert sum(found.values()) == pytest.approx(1.0) and found["positive"] > 0.9
    totals = {label: probability.score(learned.model, *ids_of(learned, "the tea was good", label)[::-1]).total for label in found}
    odds = totals["positive"] - totals["negative"]
    assert found["positive"] / found["negative"] == pytest.approx(np.exp(odds), rel=1e-3)


def test_a_vote_is_what_the_log_odds_lose_without_the_word(learned):
    def odds(prompt):
        found = label_probabilities(learned, prompt, ("positive", "negative"))
        return np.log2(found["positive"] / found["negative"])

    found = dict(votes(learned, "the tea was good", "positive", "negative"))
    assert list(found) == ["the", "tea", "was", "good"]
    assert found["good"] == pytest.approx(odds("the tea was good") - odds("the tea was"), abs=1e-3)
    assert max(found, key=found.get) == "good"
    assert [word for word, _ in votes(learned, "这个茶很好", "positive", "negative")] == ["这个", "茶", "很", "好"]


def test_the_source_of_each_token_is_what_it_loses_without_each_other(learned):
    found = sources(learned, "the tea was good", "positive")
    context, ids = ids_of(learned, "the tea was good", "positive")
    whole = probability.score(learned.model, ids, context).log_probs
    assert found.influence.shape == (len(found.answer), len(found.prompt)) == (2, 4)
    for place in range(4):
        without = probability.score(learned.model, ids, np.delete(context, place)).log_probs
        assert_allclose(found.influence[:, place], whole - without, atol=1e-4)
    assert found.prompt[found.influence[0].argmax()].strip() == "good"


def test_scores_count_what_is_right(learned):
    by_label = score(learned, REVIEWS, count=30, labels=("positive", "negative"))
    exact = score(learned, REVIEWS, count=30)
    assert by_label.count == exact.count == 30 and by_label.share == exact.share == 1.0 and not exact.wrong
    spoilt = [(prompt, "negative") for prompt, _ in REVIEWS]
    found = score(learned, spoilt, count=1_000)
    assert found.correct == sum(label == "negative" for _, label in REVIEWS) and found.count == len(REVIEWS)
    assert [result.probability for result in found.wrong] == sorted((r.probability for r in found.wrong), reverse=True)
    assert found.interval == wilson(found.correct, found.count)


def test_a_prompt_with_several_answers_has_several_right_ones(learned):
    pairs = [("the tea was good", "lovely"), ("the tea was good", "positive")]
    assert score(learned, pairs).share == 1.0 and drawn(pairs) == (["the tea was good"], [("lovely", "positive")])


def test_unknown_words_are_named(learned):
    assert unknown_words(learned, "the zebra was good zebra") == ("zebra",)
    assert score(learned, [("the zebra was good", "positive")]).results[0].unknown == ("zebra",)


def test_a_model_of_running_text_has_no_answers():
    model = replace(model_of(REVIEWS, "lstm"), kind="stream")
    for ask in (lambda: answer(model, "tea"), lambda: rank(model, "tea", ["a", "b"]), lambda: score(model, REVIEWS)):
        with pytest.raises(MarkerMissing):
            ask()


@pytest.mark.parametrize("candidates", [[], ["one"], ["one", " one ", ""]])
def test_one_candidate_is_no_rank(candidates):
    with pytest.raises(TooFewCandidates):
        rank(model_of(REVIEWS, "lstm"), "tea", candidates)


@pytest.mark.parametrize("seed", range(5))
def test_no_held_out_source_stands_in_training(seed):
    pairs = [(f"Sentence {number // 3}" if number % 2 else f"SENTENCE {number // 3}", f"answer {number}") for number in range(90)]
    task = Task.from_pairs([*pairs, *pairs], held_out=0.3, seed=seed)
    trained = {prompt.casefold() for prompt, _ in task.training}
    assert len(task.held_out) == 27 and not trained & {prompt.casefold() for prompt, _ in task.held_out}
    assert sorted(task.training + task.held_out) == sorted(set(pairs))
    assert (task.cleaning.rows, task.cleaning.duplicates, task.cleaning.contradicting) == (180, 90, 30)
    assert Task.from_pairs([*pairs, *pairs], held_out=0.3, seed=seed) == task


def test_what_a_run_holds_back_is_held_out_unless_its_prompt_is_trained_on():
    text = "".join(f"what is {number // 2} => {number}\n" for number in range(400))
    task, corpus = Task.from_text(text, "lines"), Corpus.from_text(text, "lines")
    assert not {prompt for prompt, _ in task.training} & {prompt for prompt, _ in task.held_out}
    assert len(task.held_out) < corpus.validation.count("=>") and set(task.training) >= {("what is 0", "0")} | set()
    with pytest.raises(MarkerMissing):
        Task.from_text("just a text\nof two lines", "lines")


def test_rows_are_cleaned_and_it_is_said_how():
    rows = [(f"source {number}", f"target {number}") for number in range(12)]
    dirty = [*rows, ("", "x"), ("y", "  "), ("two\nlines", "a\tb"), rows[0], (" source 0 ", "target 0")]
    found = Task.from_pairs(dirty, held_out=0.0)
    assert ("two lines", "a b") in found.training and len(found.training) == 13
    assert (found.cleaning.rows, found.cleaning.empty, found.cleaning.duplicates, found.cleaning.line_breaks) == (17, 2, 2, 2)


def test_another_marker_is_chosen_where_one_stands_in_the_text():
    rows = [(f"if a => b then {number}", f"so {number} -> {number} | {number}") for number in range(12)]
    task = Task.from_pairs([*rows, ("x", "y")])
    assert task.marker == "⇒" and marker_of(task.text, "lines") == "⇒"
    everywhere = Task.from_pairs(rows)
    assert everywhere.marker == marker_of(everywhere.text, "lines") and everywhere.cleaning.removed


def test_a_label_seen_once_stays_in_training():
    rows = [(f"good {number}", "positive") for number in range(20)] + [
        ("odd", "mixed"),
        *((f"bad {n}", "negative") for n in range(20)),
    ]
    for seed in range(10):
        task = Task.from_pairs(rows, held_out=0.5, seed=seed)
        assert set(task.labels) == {"positive", "negative", "mixed"} and task.cleaning.seen_once == ("mixed",)


def test_pairs_that_make_no_task_are_refused():
    with pytest.raises(OneLabelOnly) as refused:
        Task.from_pairs([(f"a {number}", "yes") for number in range(20)])
    assert refused.value.values == {"label": "yes", "count": 20}
    with pytest.raises(TargetsMissing):
        Task.from_pairs([(f"a {number}", "") for number in range(20)])
    for few in ([], [("a", "b")], [("a", str(number)) for number in range(50)]):
        with pytest.raises(TooFewPairs):
            Task.from_pairs(few)
    with pytest.raises(TooManyPairs) as many:
        Task.from_pairs([("a", "b")] * (MOST_PAIRS + 1))
    assert many.value.values["limit"] == MOST_PAIRS
    with pytest.raises(TooManyLabels) as labels:
        learning_curve(Task.from_pairs([(f"a {number}", str(number)) for number in range(10_000)]))
    assert labels.value.values["limit"] == 20
    with pytest.raises(EmptyText):
        Task.from_text("")


def test_the_distance_is_that_of_the_textbook():
    def slow(a, b):
        table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
        table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
        for i in range(1, len(a) + 1):
            for j in range(1, len(b) + 1):
                table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
        return table[-1, -1]

    random = np.random.default_rng(1)
    rows = [random.integers(0, 4, random.integers(0, 9)) for _ in range(40)]
    for row in rows[:10]:
        assert distances(row, rows).tolist() == [slow(row, other) for other in rows]


def test_the_nearest_line_is_the_nearest_of_all():
    random = np.random.default_rng(2)
    words = [f"w{number}" for number in range(8)]
    training = [(" ".join(random.choice(words, random.integers(1, 9))), str(number)) for number in range(300)]
    numbers = {word: number for number, word in enumerate(words)}
    lines = [np.array([numbers[word] for word in prompt.split()]) for prompt, _ in training]
    for prompt, given in zip(
        prompts := [" ".join(random.choice(words, 6)) for _ in range(20)], nearest(training, prompts), strict=True
    ):
        found = distances(np.array([numbers[word] for word in prompt.split()]), lines)
        assert given == training[int(found.argmin())][1]


def test_simple_baselines_by_hand():
    training = [("a b c", "a b"), ("d e f", "d e"), ("d e g", "d e")]
    assert majority(training, ["x", "y"]) == ["d e", "d e"]
    assert first_words(training, ["one two three"]) == ["one two"]
    summaries = Task("=>", tuple((f"w{n} says w{n + 1} and more", f"w{n} says w{n + 1}") for n in range(30)), ())
    found = baseline_scores(summaries, [("w99 says w98 and more", "w99 says w98")])
    assert found["first_words"].share == 1.0 and found["copy"].share == 0.0 and "logistic" not in found
    labelled = baseline_scores(Task("=>", tuple(REVIEWS), ()), [("the cake was good", "positive")])
    assert labelled["logistic"].share == 1.0 and "copy" not in labelled


@pytest.mark.parametrize("networks", [True, False])
def test_one_model_a_class_follows_the_rule_of_bayes(networks):
    classifier = train_class_models(REVIEWS, ("positive", "negative"), networks=networks, steps=60)
    found = classifier.log_probs(["the tea was good", "the bed was dull"])
    assert_allclose(np.exp(found).sum(axis=1), 1.0)
    assert found.argmax(axis=1).tolist() == [0, 1]
    assert_allclose(np.exp(classifier.log_prior).sum(), 1.0)
    ids = classifier.models[0].tokenizer.encode("the tea was good\x1e").astype(np.int64)
    joint = [probability.score(model.model, ids).total for model in classifier.models] + classifier.log_prior
    assert_allclose(found[0], joint - np.logaddexp.reduce(joint), atol=1e-4)


def test_a_learning_curve_has_each_method_at_each_size():
    task, seen = Task.from_pairs(REVIEWS, held_out=0.25), []
    points = learning_curve(task, (4, None), steps=40, on_progress=lambda share, point: seen.append(share))
    assert [(point.method, point.lines) for point in points] == [
        (method, lines)
        for lines in (4, len(task.training))
        for method in ("next_token", "class_models", "class_counts", "logistic")
    ]
    assert seen == [number / 8 for number in range(1, 9)]
    assert points[-1].score.share >= 0.9
    again = learning_curve(task, (4, None), steps=40)
    assert [point.score for point in again] == [point.score for point in points]


def test_classifiers_are_asked_the_prompts_that_models_are_asked():
    classifier = train_class_models(REVIEWS, ("positive", "negative"), networks=False)
    found = classify(classifier, ("positive", "negative"), REVIEWS, count=10, seed=4)
    assert [result.prompt for result in found.results] == drawn(REVIEWS, 10, 4)[0]
