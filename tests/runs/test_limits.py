"""Limits are read from the environment, refuse before anything is written, name what would fit, and say what they removed."""

import sys
from dataclasses import replace

import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import (
    QueueFull,
    SettingOutOfRange,
    SettingWrongType,
    TextsFull,
    TextTakesTooMuchMemory,
    TextTooLarge,
    TooManyBytes,
    TooManyRuns,
    TooManyTextBytes,
    TooManyTexts,
    TooManyWaiting,
    TooMuchMemory,
)
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import housekeeping
from lmcore.runs.store.limits import Limits, documented
from lmcore.runs.store.store import Store
from lmcore.runs.worker import memory_limits
from tests.runs.examples import a_config, a_run, a_text


def a_store(path, **limits) -> Store:
    return Store(path, limits=Limits(**limits))


def test_every_setting_is_read_from_the_environment_and_documented():
    environment = {name: "2" for name, default, _ in documented() if not isinstance(default, bool)}
    limits = Limits.from_environment({**environment, "NEXT_WORD_CLASS_MODE": "1"})
    assert {value for name, value in vars(limits).items() if name != "class_mode"} == {2}
    assert limits.class_mode and limits.places == 2
    assert limits.bytes_per_run == limits.bytes_per_visitor == 2_000_000
    assert Limits.from_environment({}) == Limits()
    assert all(meaning.endswith(".") for _, _, meaning in documented())


def test_a_setting_that_cannot_be_is_named():
    with pytest.raises(SettingWrongType, match="NEXT_WORD_WORKERS"):
        Limits.from_environment({"NEXT_WORD_WORKERS": "many"})
    with pytest.raises(SettingOutOfRange):
        Limits.from_environment({"NEXT_WORD_QUEUE_LENGTH": "0"})


def test_time_is_limited_in_class_mode_or_where_asked():
    assert Limits().seconds_per_run is None
    assert Limits(class_mode=True).seconds_per_run == 1200
    assert Limits(class_mode=True, minutes_per_run=2.0).seconds_per_run == 120


def test_beside_others_a_visitor_has_one_in_training_and_two_waiting(tmp_path):
    store = a_store(tmp_path)
    text = a_text(store)
    a_run(store, text=text, owner="ben")
    runs = [a_run(store, text=text) for _ in range(3)]
    with pytest.raises(TooManyWaiting) as refused:
        a_run(store, text=text)
    assert refused.value.values == {"active": 3, "limit": 3}
    assert len(store.runs("anna")) == 3
    store.request(runs[0].id, "stop")
    a_run(store, text=text)
    with pytest.raises(TooManyWaiting):
        store.request(runs[0].id, "run")  # resuming is no way around it
    assert store.run(runs[0].id).status == "stopped"


def test_alone_a_visitor_may_line_up_more_and_the_examples_do_not_count(tmp_path):
    store = a_store(tmp_path, waiting_alone=5)
    text = a_text(store)
    for name in ("one", "two"):
        store.add_run(owner=None, text_id=text.id, name=name, config=a_config())
    for _ in range(6):
        a_run(store, text=text)
    with pytest.raises(TooManyWaiting):
        a_run(store, text=text)


def test_the_queue_of_a_server_is_bounded_but_not_for_its_examples(tmp_path):
    store = a_store(tmp_path, queue_length=3)
    text = a_text(store)
    for number in range(3):
        a_run(store, text=text, owner=f"student {number}")
    with pytest.raises(QueueFull):
        a_run(store, text=text, owner="late")
    assert store.add_run(owner=None, text_id=text.id, name="demo", config=a_config()).status == "queued"


def test_runs_kept_are_counted_without_deleted_ones(tmp_path):
    store = a_store(tmp_path, runs_per_visitor=2)
    text = a_text(store)
    runs = [a_run(store, text=text) for _ in range(2)]
    with pytest.raises(TooManyRuns):
        a_run(store, text=text)
    store.delete(runs[0].id)
    a_run(store, text=text)


def keep(store, content: str, owner: str | None = "anna"):
    return store.add_text(owner=owner, name="a text", content=content, kind="stream", encoding="utf-8")


TOO_MUCH = {  # limits, what is kept already, what comes -> the refusal and its values
    "one more": ({"texts_per_visitor": 2}, ["anna a", "anna b"], "c", TooManyTexts, {"count": 2, "limit": 2}),
    "too large in UTF-8": ({}, [], "文" * 16_700_000, TextTooLarge, {"megabytes": 50.1, "limit": 50}),
    "of one visitor": (
        {"text_megabytes_per_visitor": 1.0},
        ["anna " + "a" * 600_000, "ben " + "b" * 600_000],
        "c" * 500_000,
        TooManyTextBytes,
        {"megabytes": 0.6, "size": 0.5, "limit": 1.0},
    ),
    "of all": (
        {"text_megabytes": 1.0},
        ["anna " + "a" * 300_000, "ben " + "b" * 300_000],
        "c" * 500_000,
        TextsFull,
        {"megabytes": 0.6, "size": 0.5, "limit": 1.0},
    ),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_texts_are_limited_and_a_refused_one_leaves_nothing(tmp_path, case):
    settings, there, comes, error, values = TOO_MUCH[case]
    store = a_store(tmp_path, **settings)
    for owner, content in (entry.split(" ", 1) for entry in there):
        keep(store, content, owner)
    files = sorted((tmp_path / "texts").glob("*"))
    for ask in (lambda: store.check_text("anna", len(comes.encode())), lambda: keep(store, comes)):
        with pytest.raises(error) as refused:
            ask()
        assert refused.value.values == pytest.approx(values)
    assert sorted((tmp_path / "texts").glob("*")) == files
    keep(store, comes, owner=None)  # a sample always may


def test_equal_texts_count_their_bytes_once(tmp_path):
    store = a_store(tmp_path, text_megabytes_per_visitor=1.0, text_megabytes=1.0)
    for owner in ("anna", "anna", "ben"):
        keep(store, "a" * 400_000, owner)
    keep(store, "b" * 500_000)
    with pytest.raises(TooManyTextBytes):
        keep(store, "c" * 200_000)


def test_deleting_a_text_makes_room_at_once_unless_a_run_needs_it(tmp_path):
    store = a_store(tmp_path, texts_per_visitor=2)
    free, needed = keep(store, "a"), keep(store, "b")
    run = a_run(store, text=needed, owner="ben")
    for text in (free, needed):
        store.delete_text(text.id)
    keep(store, "c")
    assert store.text(free.id) is None and store.text(needed.id) is not None
    with pytest.raises(TooManyTexts):
        keep(store, "d")
    store.delete(run.id)
    housekeeping.purge(store, before="9999")
    keep(store, "d")
    assert store.text(needed.id) is None


def test_what_others_have_deleted_is_not_touched_to_make_room(tmp_path):
    store = a_store(tmp_path, texts_per_visitor=1)
    bens = keep(store, "a", owner="ben")
    store.delete_text(bens.id)
    keep(store, "b")
    with pytest.raises(TooManyTexts):
        keep(store, "c")
    store.undelete_text(bens.id)
    assert [text.id for text in store.texts("ben")] == [bens.id]


def with_files(store, run, film: int, model: int):
    """Bytes of snapshots and of a checkpoint in a run's folder."""
    store.request(run.id, "stop")  # before there is a checkpoint that a worker would evaluate
    path = RunFolder.of(store.folder, run.id)
    path.film_path.mkdir(parents=True)
    path.frame_path(1).write_bytes(bytes(film))
    path.checkpoint_path(1).write_bytes(bytes(model))


def three_with_films(data):
    """(store, runs): 4.5 MB are there, 3 allowed."""
    store = a_store(data, megabytes_per_visitor=3.0)
    text = a_text(store)
    runs = [a_run(store, text=text) for _ in range(3)]
    for run in runs:
        with_files(store, run, film=1_000_000, model=500_000)
    return store, runs


def test_the_oldest_films_go_first_and_the_run_says_so(tmp_path):
    store, runs = three_with_films(tmp_path)
    housekeeping.make_room(store, "anna")
    films = [RunFolder.of(tmp_path, run.id).has_film() for run in runs]
    assert films == [False, False, True]
    assert [store.run(run.id).notes for run in runs] == [[{"code": "limit.film_removed", "values": {"megabytes": 1.0}}]] * 2 + [
        []
    ]
    assert all(RunFolder.of(tmp_path, run.id).checkpoints() for run in runs)


def test_a_film_that_is_kept_stays_and_the_next_one_goes(tmp_path):
    store, runs = three_with_films(tmp_path)
    store.keep_film(runs[0].id, True)
    housekeeping.make_room(store, "anna")
    assert [RunFolder.of(store.folder, run.id).has_film() for run in runs] == [True, False, False]
    assert store.run(runs[0].id).film_kept and store.run(runs[0].id).notes == []
    store.keep_film(runs[0].id, False)
    assert not store.run(runs[0].id).film_kept


def test_films_that_are_kept_count_until_nothing_new_begins(tmp_path):
    store = a_store(tmp_path, megabytes_per_visitor=1.0)
    text = a_text(store)
    with_files(store, run := a_run(store, text=text), film=1_000_000, model=500_000)
    store.keep_film(run.id, True)
    with pytest.raises(TooManyBytes):
        a_run(store, text=text)
    store.keep_film(run.id, False)
    a_run(store, text=text)
    assert not RunFolder.of(store.folder, run.id).has_film()


def test_what_a_visitor_keeps_is_counted(tmp_path):
    store = a_store(tmp_path)
    text = a_text(store)
    assert housekeeping.kept(store, "anna") == housekeeping.Kept(0, 0)
    runs = [a_run(store, text=text) for _ in range(3)]
    for run in runs[:2]:
        with_files(store, run, film=300, model=50)
    a_run(store, text=text, owner="ben")
    described = [housekeeping.folder_bytes(RunFolder.of(store.folder, run.id).path) for run in runs]
    described = [described[0] - 350, described[1] - 350, described[2]]  # beside film and model, what their rows say
    assert housekeeping.kept(store, "anna") == housekeeping.Kept(3, 700 + sum(described)) and max(described) < 2000
    store.delete(runs[0].id)
    assert housekeeping.kept(store, "anna") == housekeeping.Kept(2, 350 + sum(described[1:]))


def test_what_would_be_refused_is_known_before_the_start(tmp_path):
    store = a_store(tmp_path, runs_per_visitor=2, waiting_alone=0)
    text = a_text(store)
    store.check_start("anna")
    run = a_run(store, text=text)
    with pytest.raises(TooManyWaiting):
        store.check_start("anna")
    store.request(run.id, "stop")
    store.check_start("anna")
    store.request(a_run(store, text=text).id, "stop")
    with pytest.raises(TooManyRuns):
        store.check_start("anna")
    store.check_start("ben")


def test_when_films_are_not_enough_nothing_new_begins(tmp_path):
    store = a_store(tmp_path, megabytes_per_visitor=1.0)
    text = a_text(store)
    with_files(store, run := a_run(store, text=text), film=1_000_000, model=1_500_000)
    with pytest.raises(TooManyBytes) as refused:
        a_run(store, text=text)
    assert refused.value.values == {"megabytes": 2, "limit": 1}
    a_run(store, text=text, owner="ben")
    store.delete(run.id)
    a_run(store, text=text)


def test_too_much_memory_is_refused_with_two_settings_that_fit():
    config = a_config(hidden_size=1024, batch_size=512, sequence_length=512)
    most = 400_000_000
    with pytest.raises(TooMuchMemory) as refused:
        memory_limits.check(config, vocabulary_size=80, most=most)
    assert refused.value.values["needed"] > refused.value.values["limit"] == 400
    for fits in memory_limits.settings_that_fit(config, 80, most):
        assert memory_limits.needed(fits, 80) <= most
        memory_limits.check(fits, 80, most)


DEEP = ModelConfig(hidden_size=512, layers=4)
WIDE = ModelConfig(hidden_size=1024, embedding_size=1024)
TOO_LARGE = [  # model, (batch, length), types, megabytes of a run, what the sentence names
    (DEEP, (256, 256), 80, 6319, {"batch_size": 32}, {"hidden_size": 256, "layers": 2, "batch_size": 128}),
    (
        DEEP,
        (256, 256),
        80,
        1000,
        {"hidden_size": 256, "batch_size": 64, "sequence_length": 64},
        {"hidden_size": 128, "layers": 1, "batch_size": 128},
    ),
    (DEEP, (64, 32), 80, 620, {"batch_size": 8}, {"hidden_size": 256}),
    (WIDE, (4, 8), 100_000, 6000, {"embedding_size": 512, "hidden_size": 512}, {"embedding_size": 512, "hidden_size": 512}),
]


@pytest.mark.parametrize(("model", "sizes", "types", "most", "batch_first", "model_first"), TOO_LARGE)
def test_every_setting_to_lower_is_named(model, sizes, types, most, batch_first, model_first):
    batch, length = sizes
    training = TrainingConfig(batch_size=batch, sequence_length=length)
    config = RunConfig(TokenizerConfig("character" if types < 100 else "word", 100_000), model, training)
    with pytest.raises(TooMuchMemory) as refused:
        memory_limits.check(config, types, most * 1_000_000)
    assert refused.value.values["limit"] == most
    assert (refused.value.values["fits"], refused.value.values["other"]) == (batch_first, model_first)
    for name, value in {**batch_first, **model_first}.items():
        assert f"{name.replace('_', ' ')} {value}" in str(refused.value)


def test_a_text_that_no_model_leaves_room_for_is_named_as_such():
    smallest = RunConfig(
        model=ModelConfig(hidden_size=8, embedding_size=8), training=TrainingConfig(batch_size=1, sequence_length=4)
    )
    memory_limits.check(smallest, 80, 250_000_000, tokens=1_000_000)
    for config in (smallest, RunConfig()):
        with pytest.raises(TextTakesTooMuchMemory) as refused:
            memory_limits.check(config, 80, 250_000_000, tokens=5_000_000)
        assert refused.value.values["needed"] > refused.value.values["limit"] == 250


MEASURED = [  # real workers (benchmarks/memory.py --workers): tokens of the text, types, the most megabytes that were taken or counted
    ("lstm", 1, 8, (4, 8), 420_000, 104, 95),
    ("lstm", 1, 128, (64, 64), 420_000, 104, 147),
    ("lstm", 1, 256, (64, 64), 420_000, 104, 241),
    ("lstm", 1, 256, (128, 128), 420_000, 104, 706),
    ("lstm", 2, 256, (64, 64), 420_000, 104, 380),
    ("lstm", 2, 256, (128, 128), 420_000, 104, 1678),
    ("lstm", 4, 256, (128, 128), 420_000, 104, 2956),
    ("lstm", 4, 512, (64, 64), 420_000, 97, 1890),
    ("lstm", 1, 512, (64, 64), 92_000, 6460, 658),
    ("gru", 2, 256, (64, 64), 420_000, 104, 183),
    ("gru", 2, 256, (128, 128), 420_000, 104, 544),
    ("rnn", 2, 256, (128, 128), 420_000, 104, 360),
    ("lstm", 1, 256, (64, 32), 4_550_000, 104, 783),
    ("lstm", 1, 256, (64, 32), 5_000_000, 104, 861),
    ("lstm", 1, 256, (64, 32), 27_800_000, 104, 866),
]


@pytest.mark.parametrize(("family", "layers", "hidden", "sizes", "tokens", "types", "megabytes"), MEASURED)
def test_the_estimate_is_little_above_what_real_workers_took(family, layers, hidden, sizes, tokens, types, megabytes):
    model = ModelConfig(family=family, layers=layers, hidden_size=hidden)
    config = RunConfig(TokenizerConfig("subword", 30_000), model, TrainingConfig(batch_size=sizes[0], sequence_length=sizes[1]))
    assert megabytes <= memory_limits.needed(config, types, tokens) / 1e6 <= 1.5 * megabytes


def test_tied_sizes_shrink_together():
    config = a_config(hidden_size=1024)
    config = replace(config, model=replace(config.model, embedding_size=1024, tied=True))
    _, smaller = memory_limits.settings_that_fit(config, 50_000, 150_000_000)
    assert smaller.model.embedding_size == smaller.model.hidden_size < 1024


def test_the_machine_itself_says_how_much_one_run_may_take():
    assert Limits(workers=2).bytes_per_run == Limits(workers=1).bytes_per_run // 2 > 100_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_workers_keep_to_the_limits(tmp_path, forker):
    """A run over its time stops with what it has learned; one over its memory never takes a step."""
    store, settings = Store(tmp_path), {"NEXT_WORD_MINUTES_PER_RUN": "1e-6", "NEXT_WORD_MEGABYTES_PER_RUN": "100"}
    small = a_run(store, 100_000)
    forker.work(tmp_path, small.id, settings=settings)
    small = store.run(small.id)
    assert (small.status, small.error_code, small.error_values) == ("stopped", "limit.time", {"minutes": 1e-6})
    assert small.step == step_of(RunFolder.of(tmp_path, small.id).checkpoints()[0]) > 0
    large = a_run(store, 100_000, hidden_size=512, batch_size=64)
    forker.work(tmp_path, large.id, settings=settings)
    large = store.run(large.id)
    assert (large.status, large.error_code, large.step) == ("failed", "limit.too_much_memory", 0)
    assert large.error_values["limit"] == 100
