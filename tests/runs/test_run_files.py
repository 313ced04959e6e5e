"""A run file from outside costs the server little and breaks no page: hostile ones by chance, and the worst by name."""

import csv
import hashlib
import io
import itertools
import math
import struct
import sys
import tracemalloc
import zipfile
import zlib

import pytest

from lmcore.config import TrainingConfig
from lmcore.errors import (
    ArchiveContradicts,
    ArchiveIncomplete,
    ArchiveMemberTooLarge,
    ArchiveTooCostly,
    ArchiveTooLong,
    ArchiveUnreadable,
    ArchiveWrongValue,
    LmcoreError,
    TextTakesTooMuchMemory,
    TooManyBytes,
    TooManyTextBytes,
    TooManyTexts,
    TooMuchMemory,
)
from lmcore.runs.exchange import importing, run_reader, run_schema, safe_zip, transfer
from lmcore.runs.exchange.run_schema import MEMBERS
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.records import EVALUATION_FIELDS, STEP_FIELDS
from lmcore.runs.store.store import Store
from lmcore.tokenizers.spacing import PAIRS
from tests.runs import hostile
from tests.runs.examples import a_run, a_text
from tests.runs.run_files import is_untouched, members, packed, take_in, with_json, with_weights

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
CASES = 7  # of each kind; benchmarks/hostile_run_files.py tries thousands
RATE = TrainingConfig().learning_rate


@pytest.fixture(scope="module")
def good(tmp_path_factory, forker):
    """A run that can go on: 20 steps of 60."""
    store = Store(tmp_path_factory.mktemp("origin"))
    run = a_run(store, 60, a_text(store, "the cat sat on the mat 猫\n" * 200))
    forker.work(store.folder, run.id, die_at_step=35)
    return transfer.export_run(store, run.id)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_hostile_file_is_refused_with_a_sentence_or_does_no_harm(store, good, kind):
    found = {}
    for seed in range(CASES):
        try:
            found[seed] = hostile.verdict(store, hostile.a_case(good, kind, seed))
        except Exception as error:
            raise AssertionError(f"{kind} {seed}") from error
    assert sum(code != "taken in" for code in found.values()) > CASES // 3  # most changes are seen


def test_the_good_one_is_taken_in(store, good):
    assert hostile.verdict(store, good) == "taken in"


# the worst, by name


def refused(store, data: bytes) -> LmcoreError:
    with pytest.raises(LmcoreError) as error:
        take_in(store, "ben", data)
    is_untouched(store)
    return error.value


def with_settings(**changed):
    """Settings and header say the same of a larger network; its tensors are as they were."""

    def change(found):
        found = with_json(found, "config.json", lambda values: values["resolved"]["model"].update(changed))
        return with_weights(found, lambda _tensors, header: header["config"]["model"].update(changed))

    return change


LARGER = [
    {"hidden_size": 1024},
    {"hidden_size": 1024, "layers": 4},
    {"embedding_size": 1024},
    {"layers": 2},
    {"family": "gru"},
    {"family": "rnn"},
    {"tied": True, "embedding_size": 16},
]


@pytest.mark.parametrize("changed", LARGER, ids=str)
def test_a_network_larger_than_its_file_is_never_built(store, good, changed, monkeypatch):
    monkeypatch.setattr("lmcore.training.checkpoint.build_model", None)
    monkeypatch.setattr("safetensors.safe_open.get_tensor", None, raising=False)
    assert isinstance(refused(store, packed(with_settings(**changed)(members(good)).items())), ArchiveContradicts)


@pytest.mark.parametrize("types", [14, 100_000, 100_001, 10**9])
def test_a_vocabulary_larger_than_its_file_is_never_built(store, good, types, monkeypatch):
    monkeypatch.setattr("lmcore.training.checkpoint.build_model", None)
    found = with_weights(members(good), lambda _tensors, header: header.update(vocabulary_size=types))
    assert isinstance(refused(store, packed(found.items())), ArchiveContradicts)


def test_a_tokenizer_has_no_more_types_than_its_settings_allow(store, good):
    found = with_json(members(good), "config.json", lambda values: values["resolved"]["tokenizer"].update(vocabulary_size=260))
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 260)]
    found = with_json(found, "tokenizer.json", lambda values: values.update(characters=characters))
    error = refused(store, packed(found.items()))
    assert error.values == {"name": "tokenizer.json", "field": "vocabulary_size", "value": "261"}


@pytest.mark.parametrize("more", [0, 1])
def test_a_tokenizer_remembers_no_more_pairs_of_words_than_training_keeps(store, good, more):
    """800,000 pairs fit a file that may be read; a page that asked such a model took 270 MB and eleven seconds."""

    def words(values):
        pairs = [[first, second, 0, 1, 1] for first in range(1, 5) for second in range(1, 5)]
        pairs = (pairs * PAIRS)[: PAIRS + more]
        values |= {"level": "word", "words": values.pop("characters"), "spacing": {"marks": [], "kinds": [], "pairs": pairs}}

    found = with_json(members(good), "config.json", lambda values: values["resolved"]["tokenizer"].update(level="word"))
    found = with_weights(found, lambda _tensors, header: header["config"]["tokenizer"].update(level="word"))
    data = packed(with_json(found, "tokenizer.json", words).items(), zipfile.ZIP_STORED)
    if not more:
        assert take_in(store, "ben", data).step == 20
    else:
        error = refused(store, data)
        assert isinstance(error, ArchiveIncomplete) and error.values == {"name": "tokenizer.json"}


@pytest.mark.parametrize("value", [3e38, -3e38, 1e13])
@pytest.mark.parametrize("name", ["model.embedding.weight", "model.rnn.weight_hh_l0", "model.linear.weight", "model.linear.bias"])
def test_weights_so_large_that_a_distribution_could_be_none_are_refused(store, good, name, value):
    """Only one of them, and of a token that the opening does not hold."""

    def change(tensors, _header):
        tensors[name].view(-1)[0] = value

    assert isinstance(refused(store, packed(with_weights(members(good), change).items())), ArchiveContradicts)


@pytest.mark.parametrize("name", ["optimizers", "config", "batches", "loss", "hidden", "random_state", "evil", "__class__"])
def test_a_header_sets_nothing_but_what_training_counts(store, good, name):
    found = with_weights(members(good), lambda _tensors, header: header["training"].update({name: []}))
    assert isinstance(refused(store, packed(found.items())), ArchiveContradicts)


def lying(data: bytes, name: str, says: int = 10) -> bytes:
    """The directory gives a member another size, and the CRC of its first bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        begin = zlib.crc32(archive.read(name)[:says])
    data = bytearray(data)
    entry = data.index(b"PK\x01\x02")
    while bytes(data[entry + 46 : entry + 46 + len(name)]) != name.encode():
        entry = data.index(b"PK\x01\x02", entry + 4)
    struct.pack_into("<I", data, entry + 16, begin)
    struct.pack_into("<I", data, entry + 24, says)
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "steps.csv", "evaluations.csv", "model.safetensors", "text.txt"]
)
def test_a_member_that_holds_more_than_the_directory_says_is_not_unpacked(tmp_path, good, name, method):
    content = members(good)[name] + b" " * 30_000_000
    (tmp_path / "run.zip").write_bytes(lying(packed([(name, content)], method), name))
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveUnreadable), safe_zip.opened(tmp_path / "run.zip", MEMBERS) as found:
            found.read(name)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(store, good, method):
    assert isinstance(refused(store, packed(members(good).items(), method)), ArchiveUnreadable)


def test_steps_behind_the_checkpoint_are_not_read():
    """Of a table without end one line more than is needed."""
    numbers = itertools.count(1)
    lines = (f"{number},0.1,{number}.0,2.5,0.01,1.0,0.1,100.0\n" for number in numbers)
    table = run_reader.steps_of(itertools.chain([",".join(STEP_FIELDS) + "\n"], lines), 20)
    assert table[:, 0].tolist() == list(range(1, 21)) and next(numbers) == 22


def test_more_steps_than_are_taken_from_a_file(store, good, monkeypatch):
    monkeypatch.setattr(run_reader, "MOST_STEPS", 19)
    assert isinstance(refused(store, good), ArchiveTooLong)


def test_more_evaluations_than_are_taken_from_a_file(store, good, monkeypatch):
    monkeypatch.setattr(run_reader, "MOST_EVALUATIONS", 1)
    assert isinstance(refused(store, good), ArchiveTooLong)


# fields


def test_every_field_of_a_table_has_a_check():
    assert tuple(run_schema.OF_STEP) == STEP_FIELDS and tuple(run_schema.OF_EVALUATION) == EVALUATION_FIELDS


def with_cell(found, name: str, field: str, value: str, row: int = 3):
    rows = list(csv.reader(io.StringIO(found[name].decode(), newline="")))
    rows[row][rows[0].index(field)] = value
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return {**found, name: written.getvalue().encode()}


NO_NUMBERS = ("", "nan", "inf", "-inf", "-1", "1e400", "-1e30", "x", "1e39", "9" * 300)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: value[:5] or "empty")
@pytest.mark.parametrize("field", STEP_FIELDS)
def test_a_number_no_step_has_is_named(store, good, field, value):
    error = refused(store, packed(with_cell(members(good), "steps.csv", field, value).items()))
    assert error.values == {"name": "steps.csv", "field": field, "value": value[:40]}


STEP_FAULTS = {"twice": "2", "huge": "-1e30", "none": "0", "a gap": "4", "half": "2.5"}


@pytest.mark.parametrize("fault", STEP_FAULTS)
def test_steps_are_numbered_one_after_another(store, good, fault):
    error = refused(store, packed(with_cell(members(good), "steps.csv", "step", STEP_FAULTS[fault]).items()))
    assert error.values == {"name": "steps.csv", "field": "step", "value": STEP_FAULTS[fault]}


EVALUATIONS = [
    ("step", "0"), ("step", "2"), ("step", "-1"), ("step", "1e300"), ("step", ""), ("step", "nan"),
    ("loss", "nan"), ("loss", "inf"), ("loss", "-1"), ("loss", "1e39"), ("loss", "x"),
    ("bits_per_byte", "nan"), ("bits_per_byte", "-inf"), ("bits_per_byte", "1e300"),
    ("improved", "yes"), ("improved", ""), ("improved", "1"),
    ("bars", ""), ("bars", "{}"), ("bars", "[1]"), ("bars", '[["a", 2]]'), ("bars", '[["a", NaN]]'), ("bars", '[["a", -0.5]]'),
    ("bars", '[[1, 0.5]]'), ("bars", "[" * 3_000), ("bars", "[" + '["a", 0.1],' * 100 + '["a", 0.1]]'),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), EVALUATIONS, ids=lambda value: value[:14])
def test_a_value_no_evaluation_has_is_named(store, good, field, value):
    error = refused(store, packed(with_cell(members(good), "evaluations.csv", field, value, row=2).items()))
    assert isinstance(error, ArchiveWrongValue)
    assert (error.values["name"], error.values["field"]) == ("evaluations.csv", field)


LINE, PARTS = ["uniform", 0, 2.5], {"spelling": 0.1, "spacing": 0.1}  # the good run is none of words
CONFIGS = [
    ("next_word", 99), ("next_word", 0), ("next_word", True), ("next_word", "1"),
    ("name", 3), ("name", None), ("status", "exploded"), ("status", ["finished"]), ("pinned_context", None),
    ("reference_lines", None), ("reference_lines", [LINE] * 2), ("reference_lines", [LINE] * 1_000),
    ("reference_lines", [["evil", 0, 1.0]]), ("reference_lines", [["floor", 0, 1.0]]), ("reference_lines", [["bigram", 3, 1.0]]),
    ("reference_lines", [["ngram", 2, 1.0]]), ("reference_lines", [["ngram", 10**6, 1.0]]), ("reference_lines", [["uniform", False, 1.0]]),
    ("reference_lines", [["uniform", 0, math.inf]]), ("reference_lines", [["uniform", 0, math.nan]]), ("reference_lines", [["uniform", 0, -1.0]]),
    ("reference_lines", [["uniform", 0, "1"]]), ("reference_lines", [["uniform", 0]]), ("reference_lines", [[["uniform"], 0, 1.0]]),
    ("text.kind", "../x"), ("text.kind", ["lines"]), ("text.sha256", "x" * 64), ("text.sha256", "0" * 63), ("text.name", 1), ("text.evil", 1),
    ("requested", []), ("requested", {}), ("resolved.training.learning_rate", math.nan), ("resolved.training.planned_steps", 0),
    ("resolved.training.evaluation_interval", 0), ("resolved.training.threads", 10**6), ("resolved.model.hidden_size", 10**6),
    ("resolved.model.family", "perceptron"), ("resolved.model.tied", 1), ("resolved.tokenizer.level", "evil"), ("resolved.model.evil", 1),
    ("pauses", None), ("pauses", [0]), ("pauses", [21]), ("pauses", [2.5]), ("pauses", [True]), ("pauses", ["1"]), ("pauses", [math.nan]),
    ("pauses", [10**30]), ("pauses", [1] * 1_001), ("pauses", {"1": 1}),
    ("beside_tokens", []), ("beside_tokens", {}), ("beside_tokens", {"spelling": 0.1}), ("beside_tokens", {**PARTS, "evil": 1}),
    ("beside_tokens", PARTS), ("beside_tokens", {**PARTS, "spacing": math.inf}), ("beside_tokens", {**PARTS, "spacing": math.nan}),
    ("beside_tokens", {**PARTS, "spelling": -0.1}), ("beside_tokens", {**PARTS, "spelling": "0"}), ("beside_tokens", {**PARTS, "spelling": 9}),
    ("evil", 1),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "value"), CONFIGS, ids=lambda value: str(value)[:30])
def test_a_setting_no_run_has_is_named(store, good, setting, value):
    def change(values):
        *path, last = setting.split(".")
        for name in path:
            values = values[name]
        values[last] = value

    error = refused(store, packed(with_json(members(good), "config.json", change).items()))
    assert isinstance(error, ArchiveWrongValue)
    assert error.values["name"] == "config.json" and error.values["field"].split(".")[0] == setting.split(".")[0]


@pytest.mark.parametrize(
    "name", ["next_word", "name", "requested", "resolved", "status", "pinned_context", "reference_lines", "text"]
)
def test_a_field_that_is_missing_is_named(store, good, name):
    error = refused(store, packed(with_json(members(good), "config.json", lambda values: values.pop(name)).items()))
    assert error.values == {"name": "config.json", "field": name, "value": "None"}


RATES = [
    [], [[0, 0.5]], [[1, RATE]], [[0, RATE], [21, 0.1]], [[0, RATE], [9, 0.1], [8, 0.2]], [[0, RATE], [5, 0.0]], [[0, RATE], [5, -0.1]],
    [[0, RATE]] * 1_001, [[0, RATE], [5, math.nan]], [[0, RATE], [5, 1e300]], [[0, RATE], 5],
]  # fmt: skip


@pytest.mark.parametrize("rates", RATES, ids=lambda value: str(value)[:40])
def test_learning_rates_no_run_has_are_refused(store, good, rates):
    found = with_weights(members(good), lambda _tensors, header: header["training"].update(learning_rates=rates))
    assert isinstance(refused(store, packed(found.items())), ArchiveContradicts)


def test_a_class_board_never_sees_a_million_lines(store, good):
    """In hand-ins of a room each of them would be read at every look."""
    found = with_json(members(good), "config.json", lambda values: values.update(reference_lines=[LINE] * 1_000_000))
    found["config.json"] += b" " * 10
    assert isinstance(refused(store, packed(found.items(), zipfile.ZIP_STORED)), ArchiveMemberTooLarge)


# the text, and what a visitor may keep


def test_a_text_that_is_not_kept_so_here_is_left_out(store, good):
    """Its digest is right, but it holds a sign that turns a page round: the run can be looked at, not trained further."""
    text = members(good)["text.txt"] + "\u202eabc".encode()
    found = with_json(members(good), "config.json", lambda values: values["text"].update(sha256=hashlib.sha256(text).hexdigest()))
    run = take_in(store, "ben", packed({**found, "text.txt": text}.items()))
    assert (run.status, [note["code"] for note in run.notes]) == ("finished", ["transfer.without_text"])
    assert "\u202e" not in store.content(run.text_id)


def test_an_imported_text_is_measured_as_any_other(tmp_path, good):
    for setting, error in (({"texts_per_visitor": 1}, TooManyTexts), ({"text_megabytes_per_visitor": 1.0}, TooManyTextBytes)):
        store = Store(tmp_path / str(error.__name__), limits=Limits(**setting))
        store.add_text(owner="ben", name="long", content="word " * 199_999, kind="stream", encoding="utf-8")
        with pytest.raises(error):
            take_in(store, "ben", good)
        assert store.runs("ben") == [] and len(store.texts("ben")) == 1


def test_what_is_coming_counts_before_it_is_kept(tmp_path, good):
    store = Store(tmp_path, limits=Limits(megabytes_per_visitor=1.0))
    found = members(good)
    found["evaluations.csv"] += b" " * 1_000_000
    assert isinstance(refused(store, packed(found.items(), zipfile.ZIP_STORED)), TooManyBytes)


def test_a_run_that_could_not_be_trained_further_here_says_so(tmp_path, good):
    store = Store(tmp_path, limits=Limits(megabytes_per_run=0.01))
    assert isinstance(refused(store, good), (TooMuchMemory, TextTakesTooMuchMemory))
    done = with_json(members(good), "config.json", lambda values: values.update(status="finished"))
    assert take_in(store, "ben", packed(done.items())).status == "finished"  # it can be looked at


# the process


def test_a_file_is_read_in_a_process_of_its_own(store, good, monkeypatch):
    monkeypatch.setattr(importing, "take_in", None)  # here
    assert transfer.import_run(store, "ben", good).step == 20
    with pytest.raises(ArchiveIncomplete) as error:
        transfer.import_run(store, "ben", packed([("config.json", b"{}")]))
    assert error.value.values == {"name": "model.safetensors"}
    assert not list((store.folder / "imports").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are the system's")
@pytest.mark.parametrize(("name", "limit"), [("BYTES", 50_000_000), ("SECONDS", 0)])
def test_a_process_that_takes_too_much_is_ended(store, good, name, limit, monkeypatch):
    """40 MB of text are read and looked at in more than 50 MB."""
    monkeypatch.setattr(importing, name, limit)
    with pytest.raises(ArchiveTooCostly):
        transfer.import_run(
            store, "ben", packed({**members(good), "text.txt": b"the cat " * 5_000_000}.items(), zipfile.ZIP_STORED)
        )
    is_untouched(store)
