"""Equal seconds mean equal steps: a setting is measured once on a server, whatever else the machine does when a run begins."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.runs.queue import speeds
from lmcore.text.corpus import TokenData
from lmcore.training import planning
from tests.lmcore.examples import pattern

ASKED = RunConfig(
    TokenizerConfig(),
    ModelConfig(embedding_size=8, hidden_size=16, dropout=0.2),
    TrainingConfig(stop="seconds", stop_after=10.0, batch_size=4, sequence_length=8, precision="float32", loss="exact"),
)


def changed(**changes) -> RunConfig:
    return ASKED.with_training(**changes)


@pytest.fixture
def measured(monkeypatch):
    """The configurations that were measured; each measurement finds the machine slower than the one before."""
    found, slower = [], count(1)

    def measure(config, data, vocabulary_size):
        found.append(config)
        return 0.001 * next(slower), 0.0

    monkeypatch.setattr(planning, "measure", measure)
    return found


def plan(folder, config: RunConfig, data: TokenData | None = None) -> int:
    data = pattern("stream", 2000) if data is None else data
    return planning.resolve(config, data, 6, speeds.remembered(folder))[0].training.planned_steps


def test_eight_runs_at_once_that_differ_in_their_rate_take_equal_steps(tmp_path, measured):
    rates = [0.001 * 2**number for number in range(8)]
    configs = [changed(learning_rate=rate, seed=number, regularisation="as_set") for number, rate in enumerate(rates)]
    with ThreadPoolExecutor(8) as at_once:
        assert list(at_once.map(lambda config: plan(tmp_path, config), configs)) == [9700] * 8  # 10 s × 0.97 / 1 ms
    assert len(measured) == 1


def test_dropout_that_is_chosen_for_a_small_text_is_planned_alike_too(tmp_path, measured):
    often = replace(ASKED, model=replace(ASKED.model, dropout=0.0))
    plans = [
        planning.resolve(often.with_training(seed=seed), pattern("stream"), 6, speeds.remembered(tmp_path)) for seed in (1, 2)
    ]
    assert [config.model.dropout for config, _ in plans] == [0.4, 0.4]
    assert [config.training.planned_steps for config, _ in plans] == [4850, 4850]  # measured second, with dropout: 2 ms
    assert [config.model.dropout for config in measured] == [0.0, 0.4]


SAME_WORK = {
    "rate": changed(learning_rate=1.0),
    "schedule": changed(schedule="constant"),
    "seed": changed(seed=7),
    "seconds": changed(stop_after=30.0),
    "epochs": changed(stop="epochs", stop_after=3.0),
    "other dropout": replace(ASKED, model=replace(ASKED.model, dropout=0.3)),
}
OTHER_WORK = {
    "hidden size": replace(ASKED, model=replace(ASKED.model, hidden_size=17)),
    "embedding size": replace(ASKED, model=replace(ASKED.model, embedding_size=9)),
    "layers": replace(ASKED, model=replace(ASKED.model, layers=2)),
    "family": replace(ASKED, model=replace(ASKED.model, family="gru")),
    "no dropout": replace(ASKED, model=replace(ASKED.model, dropout=0.0)),
    "tokenizer": replace(ASKED, tokenizer=TokenizerConfig("word")),
    "batch": changed(batch_size=8),
    "length": changed(sequence_length=16),
    "optimizer": changed(optimizer="sgd"),
    "clipping": changed(clipping=1.0),
    "resets": changed(state_resets=0.1),
    "loss": changed(loss="sampled"),
    "precision": changed(precision="bfloat16"),
    "threads": changed(threads=2),
}


@pytest.mark.parametrize("name", [*SAME_WORK, *OTHER_WORK])
def test_what_decides_the_work_and_nothing_else_names_a_setting(name):
    data = pattern("stream", 2000)
    other = {**SAME_WORK, **OTHER_WORK}[name]
    assert (speeds.setting(other, data, 6) == speeds.setting(ASKED, data, 6)) == (name in SAME_WORK)


def test_so_do_the_vocabulary_and_the_kind_and_the_validation_of_the_text(tmp_path, measured):
    data = pattern("stream", 2000)
    longer = replace(data, validation=np.tile(data.validation, 2))
    names = {speeds.setting(ASKED, *of) for of in ((data, 6), (data, 7), (pattern("lines", 2000), 6), (longer, 6))}
    assert len(names) == 4


DAMAGES = {
    "empty": "",
    "no JSON": "{",
    "a list": "[1]",
    "words": '{"%s": ["a", "b", "c"]}',
    "too few": '{"%s": [0.5]}',
    "nothing is never done in no time": '{"%s": [0, 0, 1e300]}',
    "of long ago": '{"%s": [0.5, 0.5, 0]}',
    "of the far future": '{"%s": [0.5, 0.5, 1e12]}',
    "NaN": '{"%s": [NaN, 0.5, 1e9]}',
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_used_is_measured_again(tmp_path, measured, damage):
    config = changed(regularisation="as_set")
    name = speeds.setting(config, pattern("stream", 2000), 6)
    (tmp_path / "speeds.json").write_text(DAMAGES[damage].replace("%s", name), encoding="utf-8")
    assert [plan(tmp_path, config), plan(tmp_path, config)] == [9700, 9700]
    assert len(measured) == 1


def test_a_folder_that_cannot_be_written_to_stops_no_run(tmp_path, measured):
    (tmp_path / "file").write_text("")
    assert plan(tmp_path / "file", changed(regularisation="as_set")) == 9700


def test_only_the_newest_settings_are_kept(tmp_path, measured, monkeypatch):
    monkeypatch.setattr(speeds, "MOST", 2)
    for hidden_size in (4, 5, 6):
        plan(tmp_path, replace(changed(regularisation="as_set"), model=ModelConfig(hidden_size=hidden_size)))
    assert len(json.loads((tmp_path / "speeds.json").read_text(encoding="utf-8"))) == 2
