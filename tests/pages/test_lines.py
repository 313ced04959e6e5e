"""The lines in the curve and the sentences about them: computed here once more, on seeded runs."""

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from lmcore.text.corpus import Corpus, encode
from pages.parts import demos
from pages.parts.run import reference_lines
from sample_corpora import SAMPLES


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """(store, a run of 200 steps on the village, by words)."""
    store = Store(tmp_path_factory.mktemp("village"))
    text = demos.sample_text(store, SAMPLES["village"])
    training = TrainingConfig(stop="steps", stop_after=200.0, evaluation_interval=20, batch_size=16, sequence_length=16)
    config = RunConfig(TokenizerConfig("word"), ModelConfig(embedding_size=16, hidden_size=32), training)
    run = store.add_run(owner="anna", text_id=text.id, name="village", config=config)
    worker.work(store.folder, run.id)
    return store, store.run(run.id)


def test_the_lines_are_what_a_plain_count_gives(village):
    store, run = village
    tokenizer = RunFolder.of(store.folder, run.id).tokenizer()
    data = encode(Corpus.from_text(SAMPLES["village"].text(), "lines"), tokenizer)
    found = {line.name: line.loss for line in reference_lines.of_run(store, run)}
    size = tokenizer.vocabulary_size
    assert found["uniform"] == pytest.approx(np.log(size))
    counts = np.bincount(data.train[1:], minlength=size)
    discount = (counts == 1).sum() / max(1, (counts == 1).sum() + 2 * (counts == 2).sum()) or 0.5
    probabilities = (np.maximum(counts - discount, 0) + discount * (counts > 0).sum() / size) / counts.sum()
    assert found["unigram"] == pytest.approx(-np.log(probabilities[data.validation[1:]]).mean(), rel=1e-3)
    assert found["floor"] < found["ngram"] < found["bigram"] < found["unigram"] < found["uniform"]


def test_the_floor_is_the_true_grammar_s_loss_on_the_validation_sentences(village):
    store, run = village
    grammar, corpus = SAMPLES["village"].grammar, Corpus.from_text(SAMPLES["village"].text(), "lines")
    sentences = [line.split() for line in corpus.validation.strip("\x1e").split("\x1e")]
    nats = -sum(grammar.log_prob(words) for words in sentences) / sum(len(words) + 1 for words in sentences)
    assert reference_lines.of_run(store, run)[-1].loss == pytest.approx(nats)


def test_the_sentence_names_the_first_evaluation_below_a_line(village):
    store, run = village
    found = reference_lines.of_run(store, run)
    said = reference_lines.crossed(store, run, found)
    losses = {row.step: row.loss for row in store.evaluations(run.id)}
    bigram = next(line.loss for line in found if line.name == "bigram")
    first = min(step for step, loss in losses.items() if loss < bigram)
    assert f"Step {first:,}: better than counting pairs." in said
    assert not any("true grammar" in sentence for sentence in said)
