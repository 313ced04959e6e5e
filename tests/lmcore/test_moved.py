"""What moved between two models: known distributions, two trained models, and nothing where nothing was changed."""

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.inference.trained import TrainedModel
from lmcore.inspection.moved import divergence, likelier, most_moved, passages
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.models.ngram import NgramModel
from lmcore.models.ngram_counts import Counts
from lmcore.text.corpus import Corpus, encode
from lmcore.text.edits import delete_lines, double_lines, swap_words
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import build_tokenizer
from lmcore.training.loop import fit

STORY = "".join(
    f"{name} the {animal} said that {who} was {mood} .\n"
    for name, who in (("Anna", "she"), ("Ben", "he"), ("Carl", "he"), ("Dora", "she"))
    for animal in ("fox", "bear", "crow", "hare")
    for mood in ("glad", "sad", "tired", "old")
)


def trained(text: str) -> TrainedModel:
    """A network trained on lines, always with the same seed."""
    corpus = Corpus.from_text(text, "lines")
    tokenizer = build_tokenizer(TokenizerConfig("word"), corpus.train)
    data = encode(corpus, tokenizer)
    training = TrainingConfig(
        stop="steps", stop_after=60.0, planned_steps=60, evaluation_interval=60, batch_size=16, sequence_length=12, precision="float32",
        loss="exact", regularisation="as_set",
    )  # fmt: skip
    config = RunConfig(TokenizerConfig("word"), ModelConfig("gru", 16, 24), training)
    network = build_model(config.model, tokenizer.vocabulary_size, seed=1)
    list(fit(network, data, training))
    model = NeuralLanguageModel(network.eval(), data.opening, int(data.opening[0]))
    return TrainedModel.of(model, tokenizer, "lines", opening=data.opening)


def test_nothing_moves_where_nothing_was_changed():
    held_out = passages(Corpus.from_text(STORY, "lines"))
    assert held_out and swap_words(STORY, "it", "they").text == STORY
    one, other = trained(STORY), trained(swap_words(STORY, "it", "they").text)
    assert most_moved(one, other, held_out) == [] and likelier(one, other, held_out) == []


def test_swapped_words_move_where_they_are_expected():
    edited = swap_words(STORY, "he", "she")
    assert edited.changes == 64
    one, other = trained(STORY), trained(edited.text)
    held_out = passages(Corpus.from_text(STORY, "lines"))
    moved = most_moved(one, other, held_out)
    assert all(entry.context.endswith("said that") for entry in moved[:3])
    top = moved[0]
    assert {top.before[0][0], top.after[0][0]} == {"he", "she"} and 0.3 < top.divergence <= 1
    assert [entry.divergence for entry in moved] == sorted((entry.divergence for entry in moved), reverse=True)
    swapped = ["Anna the fox said that he was glad .", "Anna the fox said that she was glad ."]
    (best,) = likelier(one, other, swapped)
    assert best.line == swapped[0] and best.nats > 1


def test_a_deleted_word_is_unknown_and_still_compared():
    """Its vocabulary lacks the word; the others are compared by their names, not their ids."""
    without = delete_lines(STORY, "crow")
    assert without.changes == 16 and "crow" not in without.text
    one, other = trained(STORY), trained(without.text)
    moved = most_moved(one, other, ["Anna the fox"])
    (after_the,) = [entry for entry in moved if entry.context == "Anna the"]
    assert dict(after_the.before).keys() <= {"fox", "bear", "crow", "hare"}
    assert "crow" not in dict(after_the.after)
    assert likelier(one, other, ["Anna the crow said that she was glad ."]) == []


def test_doubled_lines_are_likelier():
    """Counting has no chance in it: P(crow | the) rises from 1/4 to about 2/5."""
    doubled = double_lines(STORY, "crow")
    assert doubled.changes == 16 and doubled.text.count("crow") == 32
    models = []
    for text in (STORY, doubled.text):
        tokenizer = build_tokenizer(TokenizerConfig("word"), text)
        data = encode(Corpus.from_text(text, "stream", validation_share=0.0), tokenizer)
        counts = Counts(TextIndex.of(data, tokenizer.vocabulary_size))
        models.append(TrainedModel.of(NgramModel(counts, 2), tokenizer, "stream"))
    moved = {entry.context: entry for entry in most_moved(*models, ["Anna the crow"])}
    before, after = (dict(side)["crow"] for side in (moved["Anna the"].before, moved["Anna the"].after))
    assert before == pytest.approx(1 / 4, abs=0.03) and after == pytest.approx(2 / 5, abs=0.04)


def test_the_divergence_is_symmetric_and_at_most_a_bit():
    one, other = np.random.default_rng(1).dirichlet(np.ones(7), (2, 50))
    assert np.allclose(divergence(one, other), divergence(other, one)) and (divergence(one, other) <= 1).all()
    assert (divergence(one, one) == 0).all()


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda: swap_words("the heron, he", "he", "she"), ("the heron, she", 1)),
        (lambda: swap_words("a.b", ".", "x"), ("axb", 1)),
        (lambda: swap_words("same", "same", "same"), ("same", 0)),
        (lambda: swap_words("same", "", "x"), ("same", 0)),
        (lambda: delete_lines("一只狐狸\n一只熊", "狐狸"), ("一只熊", 1)),
        (lambda: double_lines("a\n\nb", ""), ("a\n\nb", 0)),
    ],
)
def test_edits(edit, expected):
    found = edit()
    assert (found.text, found.changes) == expected
