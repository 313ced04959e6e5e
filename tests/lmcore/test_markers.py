"""Prompts and answers: the marker is found, and a loss on answers alone is that of the answers' tokens and of nothing else."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from lmcore.config import FAMILIES, ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import ItemsTooLong, MarkerMissing
from lmcore.inference import probability
from lmcore.inference.references import reference_losses
from lmcore.models import Counts, NeuralLanguageModel, NgramModel, build_model
from lmcore.text.corpus import Corpus, encode
from lmcore.text.markers import MARKERS, answer_tokens, halves, marker_of
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import ITEM_BREAK, TOKENIZERS, build_and_encode, build_tokenizer
from lmcore.training import checkpoint
from lmcore.training.batches import IGNORED
from lmcore.training.evaluation import validation_nats
from lmcore.training.loop import TrainingState, batches, fit, forward_backward, look
from lmcore.training.planning import fit_to_text, planned_steps, resolve

NOUNS, ADJECTIVES = ("tea", "soup", "bread", "茶", "room", "bed"), ("good", "fresh", "bad", "cold")
ANSWERS = {"good": "very positive", "fresh": "positive", "bad": "negative", "cold": "负面"}
ITEMS = [f"the {noun} was {adjective}" for noun in NOUNS for adjective in ADJECTIVES]


def text(separator: str = " => ", between: str = "\n", times: int = 12) -> str:
    items = [f"{'so ' * number}{prompt}{separator}{ANSWERS[prompt.split()[-1]]}" for number in range(times) for prompt in ITEMS]
    return between.join(items) + "\n"


def prepared(kind: str, tokenizer: str, separator: str = " => "):
    corpus = Corpus.from_text(text(separator, "\n" if kind == "lines" else "\n\n"), kind)
    built, ids = build_and_encode(TokenizerConfig(tokenizer, 300), corpus.train)
    return corpus, built, encode(corpus, built, train=ids, loss_on="answer")


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize(("kind", "between"), [("lines", "\n"), ("blocks", "\n\n")])
def test_each_marker_is_found_in_each_kind(marker, kind, between):
    assert marker_of(text(f" {marker} ", between), kind) == marker
    assert marker_of(text(marker, between), kind) == marker


@pytest.mark.parametrize(
    "awkward",
    [
        "a => b\nc",
        "a => b\nc => d => e",
        "a =>\nb => c",
        "=> a\nb => c",
        "a\nb",
        "   ",
        "a => b\nc -> d",
    ],
)
def test_what_is_not_in_every_item_once_between_two_halves_is_no_marker(awkward):
    assert marker_of(awkward, "lines") is None


def test_running_text_has_no_marker():
    assert marker_of(text(), "stream") is None
    with pytest.raises(MarkerMissing):
        encode(Corpus.from_text(text(), "stream"), build_tokenizer(TokenizerConfig(), text()), loss_on="answer")


def test_an_arrow_within_a_longer_one_is_no_other_marker():
    assert marker_of("a => b = c\nd => e", "lines") == "=>"


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("kind", ["lines", "blocks"])
@pytest.mark.parametrize("separator", [" => ", "=>", "\t", " →  "])
def test_what_counts_are_the_answers_and_the_ends_of_items(tokenizer, kind, separator):
    corpus, built, data = prepared(kind, tokenizer, separator)
    marked, marker = corpus.train, marker_of(corpus.text, kind)
    ids, starts, ends = built.offsets(marked)
    assert data.train.tolist() == ids.tolist()
    counted = data.train_counted
    assert not counted[0]
    begin = 0
    for item in marked.strip(ITEM_BREAK).split(ITEM_BREAK):
        begin += 1  # the break before it
        end = begin + len(item)
        inside = (starts >= begin) & (ends <= end)
        cut = zip(starts[inside & counted], ends[inside & counted], strict=True)
        said = "".join(
            marked[position] for position in sorted({position for start, stop in cut for position in range(start, stop)})
        )
        assert said.replace(" ", "") == halves(item, marker)[1].replace(" ", "")
        assert counted[np.flatnonzero(starts == end)[0]]  # that the item ends
        begin = end


def test_a_token_of_marker_and_answer_counts():
    """A tokenizer that makes one token of “>p” has learned no other way to begin the answer."""

    class Whole:
        level = "subword"

        def offsets(self, marked):
            return np.zeros(6), np.array([0, 1, 2, 3, 5, 6]), np.array([1, 2, 3, 5, 6, 7])  # begin, a, =, >p, o, begin

    marked = ITEM_BREAK + "a=>po" + ITEM_BREAK
    assert answer_tokens(marked, "=>", Whole()).tolist() == [False, False, False, True, True, True]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("loss", ["exact", "sampled"])
@pytest.mark.parametrize("kind", ["lines", "blocks"])
def test_the_loss_is_that_of_the_answers_token_by_token(family, tokenizer, loss, kind):
    """What one asks the model of each item by itself, added up; and no gradient comes from a masked target."""
    _, built, data = prepared(kind, tokenizer)
    config = TrainingConfig(stop="steps", planned_steps=9, evaluation_interval=9, batch_size=8, loss=loss, loss_on="answer")
    config = replace(fit_to_text(replace(config, precision="float32"), data)[0], loss=loss)
    network = build_model(ModelConfig(family=family, embedding_size=8, hidden_size=16), built.vocabulary_size)
    state = TrainingState(network, data, config)
    batch = state.batches.at(0)
    assert batch.tokens == (batch.targets != IGNORED).sum() < batch.inputs.size / 2

    trace = forward_backward(network, state)
    if loss == "exact":
        model, total = NeuralLanguageModel(network.eval(), data.opening, built.begin_id), 0.0
        for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
            for position in np.flatnonzero(targets != IGNORED):
                begin = np.flatnonzero(inputs[: position + 1] == built.begin_id)[-1]
                total -= probability.next_token(model, inputs[begin + 1 : position + 1])[targets[position]]
        assert trace.loss == pytest.approx(total / batch.tokens, abs=1e-5)
        network.train()

    ignored = torch.from_numpy(batch.targets == IGNORED)
    features, _ = network.features(torch.from_numpy(batch.inputs), network.initial_state(len(batch.inputs)))
    features.retain_grad()
    with torch.random.fork_rng(devices=[]):
        state.loss(features, network.output, torch.from_numpy(batch.targets)).backward()
    assert features.grad[ignored].abs().max() == 0 and features.grad[~ignored].abs().max() > 0


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("kind", ["lines", "blocks"])
def test_validation_and_reference_lines_are_of_the_same_targets(tokenizer, kind):
    _, built, data = prepared(kind, tokenizer)
    assert data.has_validation
    network = build_model(ModelConfig(family="gru", embedding_size=8, hidden_size=16), built.vocabulary_size)
    counts = Counts(TextIndex.of(data, built.vocabulary_size))
    with torch.no_grad():
        network.output.weight.zero_()
        network.output.bias.copy_(torch.from_numpy(NgramModel(counts, 1).start()[0]))
    nats, tokens = validation_nats(network, data)
    assert tokens == data.validation_counted.sum() < len(data.validation) / 2
    assert nats / tokens == pytest.approx(reference_losses(counts, data)[1].loss, abs=1e-5)
    assert look(network, data, TrainingConfig(loss_on="answer")).bits_per_byte is None


@pytest.mark.parametrize("family", FAMILIES)
def test_a_resumed_run_goes_on_bit_for_bit(family, tmp_path):
    _, built, data = prepared("lines", "word")
    config = RunConfig(TokenizerConfig("word"), ModelConfig(family=family, embedding_size=16, hidden_size=16, dropout=0.2))
    config, _ = resolve(config.with_training(stop="steps", stop_after=12.0, loss_on="answer"), data, built.vocabulary_size)

    def new():
        network = build_model(config.model, built.vocabulary_size, config.training.seed)
        return network, TrainingState(network, data, config.training)

    network, state = new()
    undisturbed = [event.loss for event in fit(network, data, config.training, state)]
    network, state = new()
    first = [event.loss for event in islice(fit(network, data, config.training, state), 5)]
    checkpoint.save(tmp_path / "checkpoint-5.safetensors", network, state, config, data)
    saved = checkpoint.load(tmp_path / "checkpoint-5.safetensors")
    assert saved.config.training.loss_on == "answer"
    network = saved.network()
    state = TrainingState(network, data, saved.config.training)
    saved.restore(state)
    assert first + [event.loss for event in fit(network, data, saved.config.training, state)] == undisturbed


def test_items_are_read_whole_and_an_epoch_is_one_reading_of_them():
    _, _, data = prepared("lines", "character")
    asked = TrainingConfig(stop="epochs", stop_after=3, batch_size=8, sequence_length=4, loss_on="answer")
    training, notes = fit_to_text(asked, data)
    longest = int(np.diff(np.flatnonzero(data.train == data.opening[0])).max())
    assert (training.sequence_length, notes) == (longest, [])
    reader, steps = batches(data, training), planned_steps(training, data, 1.0)
    assert sum(reader.at(step).tokens for step in range(steps)) == 3 * reader.tokens_per_epoch == 3 * data.train_counted.sum()
    assert all(reader.at(step).tokens for step in range(steps))


def test_an_item_too_long_to_be_read_at_once_is_refused():
    corpus = Corpus.from_text("a " * 600 + "=> b\n" + text(), "lines")
    tokenizer = build_tokenizer(TokenizerConfig(), corpus.train)
    with pytest.raises(ItemsTooLong) as refused:
        fit_to_text(TrainingConfig(loss_on="answer"), encode(corpus, tokenizer, loss_on="answer"))
    assert refused.value.values["limit"] == 1024


def test_data_and_settings_that_disagree_are_refused():
    corpus, tokenizer, data = prepared("lines", "word")
    with pytest.raises(ValueError, match="agree"):
        batches(data, TrainingConfig())
    with pytest.raises(ValueError, match="agree"):
        batches(encode(corpus, tokenizer), TrainingConfig(loss_on="answer"))


def test_a_configuration_from_before_trains_on_all_tokens():
    values = RunConfig().to_json()
    del values["training"]["loss_on"]
    assert RunConfig.from_json(values).training.loss_on == "all"
