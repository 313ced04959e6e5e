"""Faults really injected into a worker: it is killed at an exact step or write, its disk is full, its store is locked. What it
leaves is whole, and training that goes on from it gives the curve of an undisturbed run."""

import contextlib
import os
import random
import sqlite3
import struct
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from lmcore.config import TokenizerConfig
from lmcore.errors import BY_CODE, DiskFull
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store
from lmcore.runs.worker import index_job, run_writer, spare
from lmcore.text.text_index import TextIndex
from lmcore.training import checkpoint
from tests.lmcore.awkward import TEXTS
from tests.runs.examples import NO_LIMITS, a_config, a_run, a_text, curve, measured, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals")
KILLED = -9
STEPS = 60


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def text(store):
    return a_text(store)


@pytest.fixture(scope="module")
def undisturbed(store, forker, text):
    run = a_run(store, STEPS, text)
    assert forker.work(store.folder, run.id) == 0
    assert store.run(run.id).status == "finished"
    return curve(store, run), measured(store, run)


def saved(store, run):
    return RunFolder.of(store.folder, run.id).checkpoints()


def is_whole(store, run):
    """Nothing committed is torn: steps without a gap, and no checkpoint ahead of them."""
    steps = store.steps(run.id).step.tolist()
    assert steps == list(range(1, len(steps) + 1))
    assert all(step_of(path) <= len(steps) and checkpoint.load(path) for path in saved(store, run))


def goes_on(store, forker, run, undisturbed):
    store.request(run.id, "run")
    assert forker.work(store.folder, run.id) == 0
    assert store.run(run.id).status == "finished"
    assert (curve(store, run), measured(store, run)) == undisturbed
    run_folder = RunFolder.of(store.folder, run.id)
    assert not list(run_folder.path.rglob("*.partial"))


@pytest.mark.parametrize("step", random.Random(7).sample(range(1, STEPS + 1), 5))
def test_killed_at_a_random_step(store, forker, text, undisturbed, step):
    run = a_run(store, STEPS, text)
    assert forker.work(store.folder, run.id, die_at_step=step) == KILLED
    assert store.run(run.id).shown_status == "interrupted"
    is_whole(store, run)
    assert len(store.steps(run.id).step) < step  # the step in which it died was never committed
    goes_on(store, forker, run, undisturbed)


@pytest.mark.parametrize("kind", ["lines", "blocks"])
def test_items_go_on_too_with_every_optimizer_state(store, forker, kind):
    text = a_text(store, "the cat sat\non the mat\n\n" * 200, kind=kind)
    for optimizer in ("muon", "momentum"):
        whole = a_run(store, 50, text, optimizer=optimizer)
        forker.work(store.folder, whole.id)
        killed = a_run(store, 50, text, optimizer=optimizer)  # only now: beside one that waits, a slow one would give way
        assert forker.work(store.folder, killed.id, die_at_step=47) == KILLED
        goes_on(store, forker, killed, (curve(store, whole), measured(store, whole)))


def test_killed_in_the_middle_of_each_write(store, forker, text):
    """The moving failure point: it dies in write 1, then 2, …, until a run has no more writes to die in."""
    whole = a_run(store, 6, text, evaluation_interval=3)
    forker.work(store.folder, whole.id)
    expected = curve(store, whole), measured(store, whole)
    assert len(expected[0]) == 6
    for number in range(1, 100):
        run = a_run(store, 6, text, evaluation_interval=3)
        if forker.work(store.folder, run.id, die_at_write=number) == 0:
            break
        is_whole(store, run)
        goes_on(store, forker, run, expected)
    assert 12 < number < 99  # files, frames, checkpoints, rows: all were met


def test_killed_again_and_again(store, forker, text, undisturbed):
    run = a_run(store, STEPS, text)
    for step in (9, 10, 24, 25, 41, 59, 60):
        forker.work(store.folder, run.id, die_at_step=step)
        is_whole(store, run)
        store.request(run.id, "run")
    goes_on(store, forker, run, undisturbed)


def test_a_full_disk_pauses_and_keeps_the_last_good_checkpoint(tmp_path, forker):
    """Hidden size 128: a checkpoint is larger than the limit, the writes of a store of its own are not."""
    store = Store(tmp_path)
    text = a_text(store)
    whole = a_run(store, 60, text, hidden_size=128)
    forker.work(store.folder, whole.id)
    run = a_run(store, 60, text, hidden_size=128)
    size = saved(store, whole)[0].stat().st_size // 2
    assert forker.work(store.folder, run.id, full_disk=[25, size]) == 0
    paused = store.run(run.id)
    assert (paused.status, paused.error_code) == ("paused", "training.disk_full")
    assert [step_of(path) for path in saved(store, run)] == [20]
    is_whole(store, run)
    goes_on(store, forker, run, (curve(store, whole), measured(store, whole)))
    assert store.run(run.id).error_code is None


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB, where this process may make one."""
    if (
        sys.platform != "linux"
        or os.getuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path]).returncode
    ):
        pytest.skip("no small disk can be made here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_on_a_full_disk_a_run_still_says_why_it_pauses(small_disk, forker, monkeypatch):
    """Really full: another program takes the last byte as training begins. There is no second checkpoint to give up."""
    monkeypatch.setattr(spare, "ROOMY", 0)
    store = Store(small_disk, NO_LIMITS)
    run = a_run(store, 100_000)
    spare.keep(store.folder)
    assert (small_disk / "spare").stat().st_size == spare.SIZE
    store.database.stay_open()
    forker.begin(store.folder, run.id)
    wait_until(lambda: store.run(run.id).step > 5)
    with (small_disk / "of another program").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    paused = wait_until(lambda: (found := store.run(run.id)).status != "running" and found, seconds=20.0)
    assert (paused.status, paused.error_code) == ("paused", "training.disk_full")
    assert forker.ended() == 0
    assert not (small_disk / "spare").exists()
    (small_disk / "of another program").unlink()
    spare.keep(store.folder)
    assert (small_disk / "spare").exists()


def test_the_last_words_of_a_run_fit_into_the_spare_block(tmp_path, monkeypatch):
    """On a disk that is full as long as the spare block lies there, `end` writes why the run pauses within the same call."""
    monkeypatch.setattr(spare, "ROOMY", 0)
    monkeypatch.setattr(run_writer, "FLUSH_SECONDS", 0.0)
    store = Store(tmp_path, NO_LIMITS)
    run = progress.claim(store, a_run(store).id)
    writer, tries = run_writer.RunWriter(store, run.id), []
    write = writer._write
    spare.keep(tmp_path)

    def on_a_full_disk():
        tries.append((tmp_path / "spare").exists())
        if tries[-1]:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        write()

    monkeypatch.setattr(writer, "_write", on_a_full_disk)
    writer.end("paused", DiskFull())
    assert tries == [True, False]
    assert (store.run(run.id).status, store.run(run.id).error_code) == ("paused", "training.disk_full")


def test_a_locked_store_never_stops_training(store, forker, text, undisturbed, tmp_path):
    """Another process holds the store until the run is far on; every point of that time is there afterwards."""
    run, far_on = a_run(store, STEPS, text), tmp_path / "far on"
    lock = sqlite3.connect(store.folder / "store.sqlite", isolation_level=None, timeout=10)
    forker.begin(store.folder, run.id, touch=[58, str(far_on)])
    wait_until(lambda: store.run(run.id).step > 0)
    lock.execute("BEGIN IMMEDIATE")
    before = store.run(run.id).step
    wait_until(far_on.exists)
    assert store.run(run.id).step <= before < STEPS
    lock.execute("ROLLBACK")
    lock.close()
    assert forker.ended() == 0
    assert store.run(run.id).status == "finished"
    assert (curve(store, run), measured(store, run)) == undisturbed


def empty(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:-40])


def one_bit_flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def huge_header(path):
    path.write_bytes(struct.pack("<Q", 2**62) + path.read_bytes()[8:])


def rewritten(change):
    """A file as `checkpoint.save` would write it, with a right digest over wrong content."""

    def damage(path):
        tensors, old = load_file(path), checkpoint.load(path)
        header = {**old.header}
        change(tensors, header)
        text = checkpoint.json.dumps(header, sort_keys=True)
        save_file(tensors, path, metadata={"next_word": text, "sha256": checkpoint._digest(text, tensors)})

    return damage


def nan_weights(tensors, header):
    tensors["model.linear.bias"][0] = torch.nan


def wrong_shapes(tensors, header):
    tensors["model.rnn.weight_hh_l0"] = torch.zeros(3, 3)


def missing_weights(tensors, header):
    del tensors["model.linear.weight"]


def wrong_momentum(tensors, header):
    name = next(name for name in tensors if name.startswith("optimizer.") and tensors[name].dim() == 2)
    tensors[name] = torch.zeros(2, 2)


def wrong_hidden(tensors, header):
    tensors["hidden.0"] = torch.zeros(1, 99, 16)


def another_vocabulary(tensors, header):
    header["vocabulary_size"] += 1


def another_step(tensors, header):
    header["training"] = {**header["training"], "step": 7}


DAMAGES = [empty, truncated, one_bit_flipped, huge_header] + [
    rewritten(change)
    for change in (nan_weights, wrong_shapes, missing_weights, wrong_momentum, wrong_hidden, another_vocabulary, another_step)
]


def name(damage) -> str:
    return damage.__closure__[0].cell_contents.__name__ if damage.__closure__ else damage.__name__


@pytest.mark.parametrize("damage", DAMAGES, ids=name)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(store, forker, text, undisturbed, damage):
    run = a_run(store, STEPS, text)
    forker.work(store.folder, run.id, die_at_step=45)
    assert [step_of(path) for path in saved(store, run)] == [40, 20]
    damage(saved(store, run)[0])
    goes_on(store, forker, run, undisturbed)
    notes = [note for note in store.run(run.id).notes if note["code"] == "checkpoint.damaged"]
    assert [note["values"]["step"] for note in notes] == [40]
    assert BY_CODE[notes[0]["code"]](**notes[0]["values"])


def test_where_every_checkpoint_is_damaged_it_begins_anew(store, forker, text, undisturbed):
    run = a_run(store, STEPS, text)
    forker.work(store.folder, run.id, die_at_step=45)
    for path in saved(store, run):
        truncated(path)
    goes_on(store, forker, run, undisturbed)
    assert [note["values"]["step"] for note in store.run(run.id).notes] == [40, 20]


def test_a_loss_that_is_not_a_number_ends_the_run_at_once(store, forker, text, undisturbed):
    run = a_run(store, STEPS, text)
    assert forker.work(store.folder, run.id, spoil_gradients=31) == 0
    failed = store.run(run.id)
    assert (failed.status, failed.error_code, failed.error_values["step"]) == ("failed", "training.loss_not_finite", 31)
    assert curve(store, run) == undisturbed[0][:30]
    assert [step_of(path) for path in saved(store, run)][0] == 20
    goes_on(store, forker, run, undisturbed)  # the cause is gone


def test_a_clock_that_is_set_back_changes_no_curve_and_no_duration(store, forker, text, undisturbed):
    run = a_run(store, STEPS, text)
    assert forker.work(store.folder, run.id, clock_jumps=5.0, die_at_step=45) == KILLED
    store.request(run.id, "run")
    assert forker.work(store.folder, run.id, clock_jumps=5.0) == 0
    finished, seconds = store.run(run.id), store.steps(run.id).seconds
    assert (curve(store, run), measured(store, run)) == undisturbed
    assert finished.status == "finished" and finished.ended < finished.created  # as that clock says
    assert seconds[0] > 0 and (seconds[1:] > seconds[:-1]).all() and finished.received >= finished.seconds == seconds[-1]


TRAINED = {**TEXTS, "a vocabulary of one": "a" * 3_000, "half characters": "a \ufffd b \ufffd c\n" * 100}


REFUSED = {  # fewer than eight tokens
    "character": ("one character", "two identical characters"),
    "word": ("two identical characters", "a vocabulary of one", "right to left"),
    "subword": ("two identical characters",),
}
FEW = ("two identical characters", "a vocabulary of one", "half characters", "right to left", "many characters")


@pytest.mark.parametrize(
    ("kind", "names"), [("character", TRAINED), ("word", FEW), ("subword", FEW)], ids=lambda value: str(value)[:9]
)
def test_every_text_is_trained_on_but_those_too_short(tmp_path, forker, kind, names):
    """One worker after another, so that a text that ends one is found."""
    store = Store(tmp_path, limits=NO_LIMITS)
    for name in names:
        config = replace(a_config(steps=2), tokenizer=TokenizerConfig(kind, vocabulary_size=300))
        run = store.add_run(owner="anna", text_id=a_text(store, TRAINED[name]).id, name=name, config=config, pinned_context="a")
        assert forker.work(store.folder, run.id) == 0
        ended = store.run(run.id)
        expected = ("failed", 0, "text.too_short") if name in REFUSED[kind] else ("finished", 2, None)
        assert (ended.status, ended.step, ended.error_code) == expected, name


def test_out_of_memory_is_named_with_two_settings_that_would_fit(store, forker, text):
    """The system refuses the memory, not the estimate."""
    run = a_run(store, STEPS, text, hidden_size=1024, batch_size=512, sequence_length=4)
    assert forker.work(store.folder, run.id, memory=40_000_000) == 0
    failed = store.run(run.id)
    assert (failed.status, failed.error_code) == ("failed", "training.out_of_memory")
    assert failed.error_values["fits"]["batch_size"] < 512 and failed.error_values["other"]["hidden_size"] < 1024
    said = str(BY_CODE[failed.error_code](**failed.error_values))
    assert "hidden size" in said and "checkpoint" not in said and "kept" not in said


@pytest.mark.parametrize(("fault", "reason"), [(MemoryError, "MemoryError"), (OSError, "OSError"), (ValueError, "ValueError")])
def test_a_count_that_fails_is_said_on_the_run_and_made_up_for_when_asked(tmp_path, forker, fault, reason):
    """It disturbs no training, and what was said goes away with the next count that succeeds."""
    store = Store(tmp_path)
    run = a_run(store, 6, a_text(store))
    assert forker.work(store.folder, run.id, fail_to_count=fault.__name__) == 0
    ended = store.run(run.id)
    assert (ended.status, ended.step, ended.reference_lines) == ("finished", 6, [])
    assert [note for note in ended.notes if note["code"] == "training.count_failed"] == [
        {"code": "training.count_failed", "values": {"reason": reason}}
    ]
    assert index_job.count_again(store, run.id) is None
    counted = store.run(run.id)
    assert counted.reference_lines and "training.count_failed" not in {note["code"] for note in counted.notes}
    index = RunFolder.of(store.folder, run.id).counts_path
    index.write_bytes(b"damaged")
    assert index_job.count_again(store, run.id) is None and TextIndex.from_bytes(index.read_bytes())


def test_a_count_that_fails_again_says_so(tmp_path, forker):
    store = Store(tmp_path)
    run = a_run(store, 6, a_text(store))
    assert forker.work(store.folder, run.id) == 0
    RunFolder.of(store.folder, run.id).tokenizer_path.unlink()
    assert index_job.count_again(store, run.id).values == {"reason": "TokenizerDamaged"}
    assert [note["values"] for note in store.run(run.id).notes if note["code"] == "training.count_failed"] == [
        {"reason": "TokenizerDamaged"}
    ]
