"""A run leaves as one file and comes back as the same run; a file that was tampered with is refused before it does anything."""

import io
import json
import stat
import struct
import sys
import zipfile

import pytest
import torch
from safetensors.torch import load_file, save

from lmcore import checkpoint
from lmcore.errors import (
    ArchiveContradicts,
    ArchiveIncomplete,
    ArchiveTooLarge,
    ArchiveUnreadable,
    ArchiveUnsafe,
    CheckpointMissing,
    RunNotFound,
    TextTooLarge,
    TooManyRuns,
    TooManyTexts,
)
from lmcore.runs import archive, folder, transfer
from lmcore.runs.limits import Limits
from lmcore.runs.store import Store
from tests.runs.examples import a_run, a_text, curve, measured

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@pytest.fixture(scope="module")
def origin(tmp_path_factory, forker):
    """(store, a finished run, one stopped at step 20 of 60) on the same text."""
    store = Store(tmp_path_factory.mktemp("origin"))
    text = a_text(store, "the cat sat on the mat 猫\n" * 200)
    finished = a_run(store, 60, text)
    forker.work(store.folder, finished.id)
    stopped = a_run(store, 60, text)  # now: beside one that waits, a slow machine would end the slice of the first
    forker.work(store.folder, stopped.id, die_at_step=35)
    store.ask(stopped.id, "stop")
    store.rename(finished.id, "a *fine* run | 好")
    return store, store.run(finished.id), store.run(stopped.id)


@pytest.fixture(scope="module")
def exported(origin):
    store, finished, _ = origin
    return transfer.export_run(store, finished.id)


@pytest.fixture
def elsewhere(tmp_path):
    return Store(tmp_path)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def is_untouched(store):
    assert store.runs("ben") == [] and store.texts("ben") == []
    assert not list((store.folder / "runs").glob("*")) and not list((store.folder / "imports").glob("*"))


def test_what_is_in_the_file(origin, exported):
    store, run, _ = origin
    found = members(exported)
    assert sorted(found) == [
        "README.md", "config.json", "evaluations.csv", "model.safetensors", "steps.csv", "text.txt", "tokenizer.json",
    ]  # fmt: skip
    lines = found["steps.csv"].decode().splitlines()
    assert lines[0] == "step,epoch,tokens,loss,learning_rate,gradient_norm,seconds,tokens_per_second"
    assert len(lines) == 61 and float(lines[60].split(",")[3]) == curve(store, run)[59][1]
    card = found["README.md"].decode()
    assert card.startswith("# a \\*fine\\* run \\| 好\n") and f"{run.best_loss:.4f} nats per token" in card
    assert found["text.txt"].decode() == store.content(run.text_id)


def test_it_comes_back_as_the_same_run_of_another_visitor(origin, exported, elsewhere):
    store, run, _ = origin
    imported = transfer.import_run(elsewhere, "ben", exported)
    assert (imported.owner, imported.status, imported.name, imported.notes) == ("ben", "finished", "a *fine* run | 好", [])
    assert imported.id != run.id
    same = "requested", "resolved", "step", "planned_steps", "tokens", "best_step", "best_loss", "best_bits_per_byte"
    assert [getattr(imported, name) for name in (*same, "reference_lines")] == [
        getattr(run, name) for name in (*same, "reference_lines")
    ]
    assert (curve(elsewhere, imported), measured(elsewhere, imported)) == (curve(store, run), measured(store, run))
    assert elsewhere.content(imported.text_id) == store.content(run.text_id)
    paths = [
        folder.checkpoints(folder.run_folder(one.folder, entry.id))[0] for one, entry in ((elsewhere, imported), (store, run))
    ]
    assert paths[0].name == paths[1].name and paths[0].read_bytes() == paths[1].read_bytes()
    assert not list((elsewhere.folder / "imports").iterdir())


def test_a_run_that_was_not_done_goes_on_bit_for_bit_elsewhere(origin, elsewhere, forker):
    store, finished, stopped = origin
    imported = transfer.import_run(elsewhere, "ben", transfer.export_run(store, stopped.id))
    assert (imported.status, imported.step) == ("stopped", 20)
    elsewhere.ask(imported.id, "run")
    assert forker.work(elsewhere.folder, imported.id) == 0
    assert elsewhere.run(imported.id).status == "finished"
    assert curve(elsewhere, imported) == curve(store, finished)


def test_a_text_that_is_there_already_is_not_kept_twice(origin, exported):
    store, run, _ = origin
    imported = transfer.import_run(store, "anna", exported)
    assert imported.text_id == run.text_id and len(store.texts("anna")) == 1


def test_without_its_text_a_run_can_be_looked_at_but_not_resumed(origin, elsewhere):
    store, _, stopped = origin
    data = transfer.export_run(store, stopped.id, with_text=False)
    assert "text.txt" not in members(data)
    imported = transfer.import_run(elsewhere, "ben", data)
    assert (imported.status, [note["code"] for note in imported.notes]) == ("finished", ["transfer.without_text"])
    content, kept = store.content(stopped.text_id), elsewhere.content(imported.text_id)
    assert kept and kept in content and len(kept) <= 256


def test_a_text_that_shrinks_a_thousand_times_comes_back_too():
    content = b"a" * 5_000_000
    assert archive.unpack(archive.pack({"text.txt": content}), ("text.txt",)) == {"text.txt": content}


def test_exporting_what_is_not_there(elsewhere):
    with pytest.raises(RunNotFound):
        transfer.export_run(elsewhere, "unknown")
    with pytest.raises(CheckpointMissing):
        transfer.export_run(elsewhere, a_run(elsewhere).id)


def test_a_visitor_who_keeps_enough_imports_no_more(tmp_path, exported):
    store = Store(tmp_path, limits=Limits(runs_per_visitor=1))
    transfer.import_run(store, "ben", exported)
    with pytest.raises(TooManyRuns):
        transfer.import_run(store, "ben", exported)
    assert len(store.runs("ben")) == 1 and len(list((tmp_path / "runs").iterdir())) == 1


@pytest.mark.parametrize(
    ("limits", "largest", "error"),
    [({"texts_per_visitor": 1}, 50_000_000, TooManyTexts), ({}, 1_000, TextTooLarge)],
    ids=["how many", "how large"],
)
def test_the_text_of_an_import_has_the_limits_of_any_other(tmp_path, exported, monkeypatch, limits, largest, error):
    store = Store(tmp_path, limits=Limits(**limits))
    store.add_text(owner="ben", name="a text", content="of Ben", kind="stream", encoding="utf-8")
    monkeypatch.setattr("lmcore.runs.limits.LIMIT", largest)
    with pytest.raises(error):
        transfer.import_run(store, "ben", exported)
    assert store.runs("ben") == [] and len(store.texts("ben")) == 1
    assert len(list((tmp_path / "texts").iterdir())) == 1 and not list((tmp_path / "imports").glob("*"))


# files from somebody else


def with_member(name: str, content: bytes = b"x", mode: int = 0):
    def change(found):
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        return [*found.items(), (info, content)]

    return change


def many(found):
    return [*found.items(), *((f"{number}.txt", b"") for number in range(60))]


def bomb(found):
    """100 MB of nothing, squeezed a thousand times."""
    return [*{**found, "text.txt": bytes(100_000_000)}.items()]


def a_pickle(found):
    return [*{**found, "model.safetensors": b"\x80\x04\x95\x1a\x00\x00"}.items()]


def a_torch_file(found):
    written = io.BytesIO()
    torch.save({"weights": torch.zeros(3)}, written)
    return [*{**found, "model.safetensors": written.getvalue()}.items()]


def a_million_tensors(found):
    header = json.dumps({f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(20_000)}).encode()
    return [*{**found, "model.safetensors": struct.pack("<Q", len(header)) + header}.items()]


UNSAFE = {
    "zip slip": (with_member("../../etc/passwd"), "../../etc/passwd"),
    "absolute": (with_member("/etc/passwd"), "/etc/passwd"),
    "windows": (with_member("C:\\model.safetensors"), "C:\\model.safetensors"),
    "another file": (with_member("run.sh"), "run.sh"),
    "pickle by name": (with_member("weights.pkl"), "weights.pkl"),
    "torch by name": (with_member("model.pt"), "model.pt"),
    "twice": (with_member("config.json"), "config.json"),
    "pickle by content": (a_pickle, "model.safetensors"),
    "torch by content": (a_torch_file, "model.safetensors"),
    "too many tensors": (a_million_tensors, "model.safetensors"),
}


def packed(entries) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries:
            target.writestr(name, content)
    return written.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("attack", UNSAFE)
def test_what_does_not_belong_there_is_refused_by_name(elsewhere, exported, attack):
    change, named = UNSAFE[attack]
    with pytest.raises(ArchiveUnsafe) as refused:
        transfer.import_run(elsewhere, "ben", packed(change(members(exported))))
    assert refused.value.values == {"name": named}
    is_untouched(elsewhere)


def test_a_link_is_refused(elsewhere, exported):
    found = members(exported)
    del found["text.txt"]
    with pytest.raises(ArchiveUnsafe):
        transfer.import_run(elsewhere, "ben", packed(with_member("text.txt", b"/etc/passwd", stat.S_IFLNK | 0o777)(found)))
    is_untouched(elsewhere)


@pytest.mark.parametrize("change", [many, bomb])
def test_too_much_is_refused_before_it_is_unpacked(elsewhere, exported, change, monkeypatch):
    data = packed(change(members(exported)))
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    with pytest.raises(ArchiveTooLarge):
        transfer.import_run(elsewhere, "ben", data)
    is_untouched(elsewhere)


def test_the_sum_is_limited(exported, monkeypatch):
    monkeypatch.setattr(archive, "BYTES", len(exported))
    with pytest.raises(ArchiveTooLarge):
        archive.unpack(exported, members(exported))


def test_a_directory_that_lies_about_sizes_is_found_out(elsewhere, exported):
    """The central directory says ten bytes; the member holds more."""
    data = bytearray(exported)
    with zipfile.ZipFile(io.BytesIO(exported)) as found:
        size = found.getinfo("text.txt").file_size
    at = data.rindex(struct.pack("<I", size), data.rindex(b"PK\x01\x02"))
    data[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(ArchiveUnreadable):
        transfer.import_run(elsewhere, "ben", bytes(data))
    is_untouched(elsewhere)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"PK\x03\x04" + bytes(50), lambda data: data[: len(data) // 2],
                                    lambda data: data.replace(b"the cat", b"the dog") + b"x" * 70_000, lambda data: b"\x89PNG" + data[4:60]])  # fmt: skip
def test_what_is_no_whole_archive_is_unreadable(elsewhere, exported, damage):
    with pytest.raises(ArchiveUnreadable):
        transfer.import_run(elsewhere, "ben", damage(exported))
    is_untouched(elsewhere)


@pytest.mark.parametrize("name", transfer.NEEDED)
def test_a_missing_part_is_named(elsewhere, exported, name):
    found = members(exported)
    del found[name]
    with pytest.raises(ArchiveIncomplete) as refused:
        transfer.import_run(elsewhere, "ben", packed(found.items()))
    assert refused.value.values == {"name": name}


def changed_json(name, change):
    def tamper(found):
        values = json.loads(found[name])
        change(values)
        found[name] = json.dumps(values).encode()

    return tamper


def deep(found):
    found["config.json"] = b"[" * 5_000


def gap(found):
    lines = found["steps.csv"].splitlines(keepends=True)
    found["steps.csv"] = b"".join(lines[:5] + lines[6:])


def too_few(found):
    found["steps.csv"] = b"".join(found["steps.csv"].splitlines(keepends=True)[:30])


def no_numbers(found):
    found["evaluations.csv"] = found["evaluations.csv"].replace(b"True", b"True,,,").replace(b"\n1,", b"\none,")


INCOMPLETE = {
    "not JSON": ("config.json", lambda found: found.update({"config.json": b"{"})),
    "deep JSON": ("config.json", deep),
    "another program's": ("config.json", lambda found: found.update({"config.json": b"{}"})),
    "newer": ("config.json", changed_json("config.json", lambda values: values.update(next_word=99))),
    "a rate of NaN": (
        "config.json",
        changed_json("config.json", lambda values: values["resolved"]["training"].update(learning_rate=float("nan"))),
    ),
    "an unknown setting": (
        "config.json",
        changed_json("config.json", lambda values: values["requested"]["model"].update(evil=1)),
    ),
    "a kind of its own": ("config.json", changed_json("config.json", lambda values: values["text"].update(kind="../x"))),
    "an unknown tokenizer": ("tokenizer.json", changed_json("tokenizer.json", lambda values: values.update(kind="evil"))),
    "a gap in the curve": ("steps.csv", gap),
    "a curve behind its model": ("steps.csv", too_few),
    "words for numbers": ("evaluations.csv", no_numbers),
    "not UTF-8": ("steps.csv", lambda found: found.update({"steps.csv": b"\xff\xfe\x00"})),
}


@pytest.mark.parametrize("tampering", INCOMPLETE)
def test_a_part_that_cannot_be_read_is_named(elsewhere, exported, tampering):
    name, tamper = INCOMPLETE[tampering]
    found = members(exported)
    tamper(found)
    with pytest.raises(ArchiveIncomplete) as refused:
        transfer.import_run(elsewhere, "ben", packed(found.items()))
    assert refused.value.values == {"name": name}
    is_untouched(elsewhere)


def weights(change):
    """A model file with a right digest over wrong content."""

    def tamper(found, tmp_path):
        path = tmp_path / "checkpoint-60.safetensors"
        path.write_bytes(found["model.safetensors"])
        tensors, header = load_file(path), {**checkpoint.load(path).header}
        change(tensors, header)
        text = json.dumps(header, sort_keys=True)
        found["model.safetensors"] = save(tensors, metadata={"next_word": text, "sha256": checkpoint._digest(text, tensors)})

    return tamper


def nan(tensors, header):
    tensors["model.rnn.bias_hh_l0"][3] = torch.nan


def shapes(tensors, header):
    tensors["model.linear.weight"] = torch.zeros(5, 16)


def larger_than_the_file(tensors, header):
    header["vocabulary_size"] = 10**9


def other_settings(tensors, header):
    header["config"] = {**header["config"], "model": {**header["config"]["model"], "dropout": 0.7}}


def opening_outside(tensors, header):
    tensors["opening"] = torch.tensor([1, 2, 999])


def momentum(tensors, header):
    tensors.update({name: torch.full_like(tensors[name], torch.inf) for name in tensors if name.endswith("momentum_buffer")})


def another_program(tensors, header):
    header.clear()


def step_that_is_a_path(tensors, header):
    header["step"] = "../../x"


MISFITS = [nan, shapes, larger_than_the_file, other_settings, opening_outside, another_program, step_that_is_a_path]


@pytest.mark.parametrize(  # without its text a run is never resumed, so its momentum is never used
    ("change", "with_text"), [(change, with_text) for change in MISFITS for with_text in (True, False)] + [(momentum, True)]
)
def test_weights_that_do_not_fit_are_refused(elsewhere, exported, tmp_path, change, with_text):
    found = members(exported)
    weights(change)(found, tmp_path)
    if not with_text:
        del found["text.txt"]
    with pytest.raises(ArchiveContradicts):
        transfer.import_run(elsewhere, "ben", packed(found.items()))
    is_untouched(elsewhere)


def other_vocabulary(values):
    values["characters"] = values["characters"][:-1]


def test_another_tokenizer_or_another_text_is_refused(elsewhere, exported):
    found = members(exported)
    changed_json("tokenizer.json", other_vocabulary)(found)
    with pytest.raises(ArchiveContradicts):
        transfer.import_run(elsewhere, "ben", packed(found.items()))
    found = members(exported) | {"text.txt": b"something else was read, a long time ago\n" * 100}
    with pytest.raises(ArchiveContradicts):
        transfer.import_run(elsewhere, "ben", packed(found.items()))
    is_untouched(elsewhere)


def test_names_and_samples_are_made_fit_to_be_shown(elsewhere, exported):
    found = members(exported)
    changed_json("config.json", lambda values: values.update(name="x\ud800\u202e\n<img>" + "y" * 500))(found)
    imported = transfer.import_run(elsewhere, "ben", packed(found.items()))
    assert imported.name.startswith("x\ufffd\ufffd\ufffd<img>y") and len(imported.name) == 120
