"""Runs that go wrong on purpose: each shows its own fault, the run that mends it shows none."""

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig
from lmcore.errors import LossNotFinite
from lmcore.inference.references import reference_losses
from lmcore.models import build_model
from lmcore.models.ngram_counts import Counts
from lmcore.text.corpus import Corpus, encode
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import build_tokenizer
from lmcore.training.breaking import BROKEN, OUTCOMES, SPOILED, first_lines, shuffled, swapped
from lmcore.training.diagnosis import CODES, HEALTHY, History, diagnose
from lmcore.training.evaluation import text_size
from lmcore.training.loop import fit
from lmcore.training.planning import fit_to_text
from sample_corpora import SAMPLES
from sample_corpora.tasks import TASKS

TEXTS = {
    ("story", "en"): SAMPLES["fables-en"],
    ("story", "zh"): SAMPLES["fables-zh"],
    ("task", "en"): TASKS["reviews-en-no-negation"],
    ("task", "zh"): TASKS["reviews-zh-no-negation"],
}


def train(text: str, kind: str, config: RunConfig) -> History:
    """Train as the app's worker does, and return what a diagnosis looks at."""
    corpus = Corpus.from_text(text, kind)
    tokenizer = build_tokenizer(config.tokenizer, corpus.train)
    data = encode(corpus, tokenizer, loss_on=config.training.loss_on)
    fitted, _ = fit_to_text(config.training, data)
    config = config.with_training(**{**vars(fitted), "planned_steps": int(fitted.stop_after)})
    network = build_model(config.model, tokenizer.vocabulary_size, config.training.seed)
    events, more = [], {}
    try:
        events.extend(fit(network, data, config.training))
    except LossNotFinite as error:
        more["broke_off"] = (error.values["step"], error.values["loss"])
    lines = reference_losses(Counts(TextIndex.of(data, tokenizer.vocabulary_size)), data)
    more["lines"] = {line.name: line.loss for line in lines}
    if data.has_validation and config.training.loss_on == "all":
        more["unknown"] = text_size(data).beside_tokens[0] / 8
    return History.of_events(events, config, tokenizer.vocabulary_size, **more)


def faults(history: History) -> list[str]:
    return [finding.code for finding in diagnose(history) if finding.code not in HEALTHY]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", BROKEN)
def test_each_preset_shows_its_own_fault_alone(code, language):
    preset = BROKEN[code]
    sample = TEXTS[preset.text, language]
    history = train(*SPOILED[preset.spoiled](sample.text(), sample.kind), preset.config)
    assert faults(history) == [preset.diagnosis]
    begin, end = diagnose(history)[0].span
    assert 0 < begin <= end <= preset.config.training.stop_after


MENDED = {repr((preset.text, preset.mended)): preset for preset in BROKEN.values()}.values()  # different ones


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("preset", MENDED, ids=[preset.code for preset in MENDED])
def test_the_mended_run_shows_no_fault(preset, language):
    sample = TEXTS[preset.text, language]
    assert faults(train(sample.text(), sample.kind, preset.mended)) == []


USUAL = BROKEN["rate_too_high"].mended
HEALTHY_RUNS = {
    "characters": ("fables-zh", RunConfig(model=USUAL.model, training=USUAL.training)),
    "names": ("names-en", RunConfig(model=ModelConfig("gru", 32, 48), training=USUAL.training)),
    "village": ("village", RunConfig(USUAL.tokenizer, ModelConfig("rnn", 32, 32), USUAL.training)),
    "transformer": ("fables-en", RunConfig(USUAL.tokenizer, ModelConfig("transformer", 32, 32, window=16), USUAL.training)),
    "help": ("help", RunConfig(model=USUAL.model, training=USUAL.training)),
    "notices": ("notices", RunConfig(USUAL.tokenizer, USUAL.model, USUAL.training)),
}


@pytest.mark.parametrize("name", HEALTHY_RUNS)
def test_a_healthy_run_shows_no_fault(name):
    sample_id, config = HEALTHY_RUNS[name]
    assert faults(train(SAMPLES[sample_id].text(), SAMPLES[sample_id].kind, config)) == []


@pytest.mark.parametrize("preset", BROKEN.values(), ids=BROKEN)
def test_a_preset_can_be_guessed(preset):
    assert preset.diagnosis in CODES and preset.diagnosis not in HEALTHY
    assert len(set(preset.outcomes)) == 4 and set(preset.outcomes) <= set(OUTCOMES)
    assert (preset.config != preset.mended) != bool(
        preset.spoiled
    ) or preset.code == "twelve_lines"  # one change; its net is large too


def test_what_is_done_to_a_text_is_always_the_same():
    story, task = TEXTS["story", "en"].text(), TEXTS["task", "en"].text()
    assert sorted(shuffled("to be or not to be", "stream")[0].split()) == ["be", "be", "not", "or", "to", "to"]
    assert shuffled(story, "blocks") == shuffled(story, "blocks")
    assert len(first_lines(story, "blocks")[0].splitlines()) == 12
    before, after = (sorted(text.split("\n")) for text in (task.rstrip("\n"), swapped(task, "lines")[0]))
    assert before != after and np.mean([line.endswith("positive") for line in before]) == np.mean(
        [line.endswith("positive") for line in after]
    )
