"""A run leaves as one file and comes back as the same run; a file that was tampered with is refused before it does anything."""

import io
import json
import stat
import struct
import sys
import zipfile

import pytest
import torch

from lmcore.config import FAMILIES
from lmcore.errors import (
    ArchiveContradicts,
    ArchiveIncomplete,
    ArchiveMemberTooLarge,
    ArchiveTooLarge,
    ArchiveUnreadable,
    ArchiveUnsafe,
    CheckpointMissing,
    RunNotFound,
    TextTooLarge,
    TooManyRuns,
    TooManyTexts,
)
from lmcore.runs.exchange import safe_zip, transfer
from lmcore.runs.exchange.run_schema import MEMBERS, NEEDED
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.store import Store
from tests.lmcore.examples import IN_TESTS
from tests.runs.examples import a_run, a_text, curve, measured
from tests.runs.run_files import is_untouched, members, packed, take_in, with_json, with_weights

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
    store.request(stopped.id, "stop")
    store.rename(finished.id, "a *fine* run | 好")
    return store, store.run(finished.id), store.run(stopped.id)


@pytest.fixture(scope="module")
def exported(origin):
    store, finished, _ = origin
    return transfer.export_run(store, finished.id)


@pytest.fixture
def elsewhere(tmp_path):
    return Store(tmp_path)


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


def test_its_card_says_how_to_ask_it(exported, tmp_path, monkeypatch, capsys):
    for name, content in members(exported).items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    exec((tmp_path / "README.md").read_text(encoding="utf-8").split("```python")[1].split("```")[0], {})
    assert capsys.readouterr().out.count("(") == 5  # five tokens with their probabilities


def test_it_comes_back_as_the_same_run_of_another_visitor(origin, exported, elsewhere):
    store, run, _ = origin
    imported = take_in(elsewhere, "ben", exported)
    assert (imported.owner, imported.status, imported.name, imported.notes) == ("ben", "finished", "a *fine* run | 好", [])
    assert imported.id != run.id
    same = "requested", "resolved", "step", "planned_steps", "tokens", "best_step", "best_loss", "best_bits_per_byte"
    assert [getattr(imported, name) for name in (*same, "reference_lines")] == [
        getattr(run, name) for name in (*same, "reference_lines")
    ]
    assert (curve(elsewhere, imported), measured(elsewhere, imported)) == (curve(store, run), measured(store, run))
    assert elsewhere.content(imported.text_id) == store.content(run.text_id)
    paths = [RunFolder.of(one.folder, entry.id).checkpoints()[0] for one, entry in ((elsewhere, imported), (store, run))]
    assert paths[0].name == paths[1].name and paths[0].read_bytes() == paths[1].read_bytes()
    assert not list((elsewhere.folder / "imports").iterdir())


def test_a_run_that_was_not_done_goes_on_bit_for_bit_elsewhere(origin, elsewhere, forker):
    store, finished, stopped = origin
    imported = take_in(elsewhere, "ben", transfer.export_run(store, stopped.id))
    assert (imported.status, imported.step) == ("stopped", 20)
    elsewhere.request(imported.id, "run")
    assert forker.work(elsewhere.folder, imported.id) == 0
    assert elsewhere.run(imported.id).status == "finished"
    assert curve(elsewhere, imported) == curve(store, finished)


def test_a_run_of_a_new_family_is_trained_taken_away_and_resumed_like_any_other(tmp_path, forker, monkeypatch):
    """No line of `runs` names a family: one that stands in the table alone goes all the way."""
    for name, where in IN_TESTS.items():
        monkeypatch.setitem(FAMILIES, name, where)
    store, elsewhere = Store(tmp_path / "here"), Store(tmp_path / "elsewhere")
    text = a_text(store)
    whole = a_run(store, 60, text, family="decay")
    forker.work(store.folder, whole.id, families=IN_TESTS)
    stopped = a_run(store, 60, text, family="decay")  # now: one that waits would end the slice of the first
    forker.work(store.folder, stopped.id, families=IN_TESTS, die_at_step=35)
    store.request(stopped.id, "stop")
    imported = take_in(elsewhere, "ben", transfer.export_run(store, stopped.id))
    assert (imported.resolved.model.family, imported.status, imported.step) == ("decay", "stopped", 20)
    elsewhere.request(imported.id, "run")
    assert forker.work(elsewhere.folder, imported.id, families=IN_TESTS) == 0
    assert curve(elsewhere, imported) == curve(store, whole)
    assert store.run(whole.id).best_loss < {name: loss for name, _, loss in store.run(whole.id).reference_lines}["unigram"]


def test_a_text_that_is_there_already_is_not_kept_twice(origin, exported):
    store, run, _ = origin
    imported = take_in(store, "anna", exported)
    assert imported.text_id == run.text_id and len(store.texts("anna")) == 1


def test_without_its_text_a_run_can_be_looked_at_but_not_resumed(origin, elsewhere):
    store, _, stopped = origin
    data = transfer.export_run(store, stopped.id, with_text=False)
    assert "text.txt" not in members(data)
    imported = take_in(elsewhere, "ben", data)
    assert (imported.status, [note["code"] for note in imported.notes]) == ("finished", ["transfer.without_text"])
    content, kept = store.content(stopped.text_id), elsewhere.content(imported.text_id)
    assert kept and kept in content and len(kept) <= 256


def test_a_text_that_shrinks_a_thousand_times_comes_back_too(tmp_path):
    content = b"a" * 5_000_000
    (tmp_path / "run.zip").write_bytes(safe_zip.pack({"text.txt": content}))
    with safe_zip.opened(tmp_path / "run.zip", MEMBERS) as found:
        assert found.read("text.txt") == content


def test_exporting_what_is_not_there(elsewhere):
    with pytest.raises(RunNotFound):
        transfer.export_run(elsewhere, "unknown")
    with pytest.raises(CheckpointMissing):
        transfer.export_run(elsewhere, a_run(elsewhere).id)


def test_a_visitor_who_keeps_enough_imports_no_more(tmp_path, exported):
    store = Store(tmp_path, limits=Limits(runs_per_visitor=1))
    take_in(store, "ben", exported)
    with pytest.raises(TooManyRuns):
        take_in(store, "ben", exported)
    assert len(store.runs("ben")) == 1 and len(list((tmp_path / "runs").iterdir())) == 1


@pytest.mark.parametrize(
    ("limits", "largest", "error"),
    [({"texts_per_visitor": 1}, 50_000_000, TooManyTexts), ({}, 1_000, TextTooLarge)],
    ids=["how many", "how large"],
)
def test_the_text_of_an_import_has_the_limits_of_any_other(tmp_path, exported, monkeypatch, limits, largest, error):
    store = Store(tmp_path, limits=Limits(**limits))
    store.add_text(owner="ben", name="a text", content="of Ben", kind="stream", encoding="utf-8")
    monkeypatch.setattr("lmcore.runs.store.limits.LIMIT", largest)
    with pytest.raises(error):
        take_in(store, "ben", exported)
    assert store.runs("ben") == [] and len(store.texts("ben")) == 1
    assert len(list((tmp_path / "texts").iterdir())) == 1 and not list((tmp_path / "imports").glob("*"))


# files from another server


def with_member(name: str, content: bytes = b"x", mode: int = 0):
    def change(found):
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        return [*found.items(), (info, content)]

    return change


def many(found):
    return [*found.items(), *((f"{number}.txt", b"") for number in range(60))]


def bomb(found):
    """40 MB of nothing, squeezed a thousand times."""
    return [*{**found, "text.txt": bytes(40_000_000)}.items()]


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


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("attack", UNSAFE)
def test_what_does_not_belong_there_is_refused_by_name(elsewhere, exported, attack):
    change, named = UNSAFE[attack]
    with pytest.raises(ArchiveUnsafe) as refused:
        take_in(elsewhere, "ben", packed(change(members(exported))))
    assert refused.value.values == {"name": named}
    is_untouched(elsewhere)


def test_a_link_is_refused(elsewhere, exported):
    found = members(exported)
    del found["text.txt"]
    with pytest.raises(ArchiveUnsafe):
        take_in(elsewhere, "ben", packed(with_member("text.txt", b"/etc/passwd", stat.S_IFLNK | 0o777)(found)))
    is_untouched(elsewhere)


@pytest.mark.parametrize("change", [many, bomb])
def test_too_much_is_refused_before_it_is_unpacked(elsewhere, exported, change, monkeypatch):
    data = packed(change(members(exported)))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(ArchiveTooLarge):
        take_in(elsewhere, "ben", data)
    is_untouched(elsewhere)


def test_the_sum_is_limited(elsewhere, exported, monkeypatch):
    monkeypatch.setattr(safe_zip, "BYTES", len(exported))
    with pytest.raises(ArchiveTooLarge):
        take_in(elsewhere, "ben", exported)


@pytest.mark.parametrize("name", MEMBERS)
def test_each_member_has_a_limit_of_its_own(elsewhere, exported, name, monkeypatch):
    size = len(members(exported)[name])
    monkeypatch.setitem(MEMBERS, name, size - 1)
    with pytest.raises(ArchiveMemberTooLarge) as refused:
        take_in(elsewhere, "ben", exported)
    assert refused.value.values == {"name": name, "megabytes": (size - 1) / 1e6}
    is_untouched(elsewhere)


def test_a_directory_that_lies_about_sizes_is_found_out(elsewhere, exported):
    """The central directory says ten bytes; the member holds more."""
    data = bytearray(exported)
    with zipfile.ZipFile(io.BytesIO(exported)) as found:
        size = found.getinfo("text.txt").file_size
    at = data.rindex(struct.pack("<I", size), data.rindex(b"PK\x01\x02"))
    data[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(ArchiveUnreadable):
        take_in(elsewhere, "ben", bytes(data))
    is_untouched(elsewhere)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"PK\x03\x04" + bytes(50), lambda data: data[: len(data) // 2],
                                    lambda data: data.replace(b"the cat", b"the dog") + b"x" * 70_000, lambda data: b"\x89PNG" + data[4:60]])  # fmt: skip
def test_what_is_no_whole_archive_is_unreadable(elsewhere, exported, damage):
    with pytest.raises(ArchiveUnreadable):
        take_in(elsewhere, "ben", damage(exported))
    is_untouched(elsewhere)


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_part_is_named(elsewhere, exported, name):
    found = members(exported)
    del found[name]
    with pytest.raises(ArchiveIncomplete) as refused:
        take_in(elsewhere, "ben", packed(found.items()))
    assert refused.value.values == {"name": name}


def changed_json(name, change):
    return lambda found: found.update(with_json(found, name, change))


def deep(found):
    found["config.json"] = b"[" * 5_000


def too_few(found):
    found["steps.csv"] = b"".join(found["steps.csv"].splitlines(keepends=True)[:30])


def another_column(found):
    found["evaluations.csv"] = found["evaluations.csv"].replace(b"step,", b"steps,", 1)


def endless_line(found):
    found["steps.csv"] += b",".join(b"%d" % number for number in range(1, 20_000))


INCOMPLETE = {
    "not JSON": ("config.json", lambda found: found.update({"config.json": b"{"})),
    "deep JSON": ("config.json", deep),
    "a list": ("config.json", lambda found: found.update({"config.json": b"[]"})),
    "an unknown tokenizer": ("tokenizer.json", changed_json("tokenizer.json", lambda values: values.update(level="evil"))),
    "a curve behind its model": ("steps.csv", too_few),
    "another column": ("evaluations.csv", another_column),
    "not UTF-8": ("steps.csv", lambda found: found.update({"steps.csv": b"\xff\xfe\x00"})),
    "a line without end": ("steps.csv", endless_line),
    "no text": ("text.txt", lambda found: found.update({"text.txt": b" \n"})),
}


@pytest.mark.parametrize("tampering", INCOMPLETE)
def test_a_part_that_cannot_be_read_is_named(elsewhere, exported, tampering):
    name, tamper = INCOMPLETE[tampering]
    found = members(exported)
    tamper(found)
    with pytest.raises(ArchiveIncomplete) as refused:
        take_in(elsewhere, "ben", packed(found.items()))
    assert refused.value.values == {"name": name}
    is_untouched(elsewhere)


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
def test_weights_that_do_not_fit_are_refused(elsewhere, exported, change, with_text):
    found = members(exported)
    found = with_weights(found, change)
    if not with_text:
        del found["text.txt"]
    with pytest.raises(ArchiveContradicts):
        take_in(elsewhere, "ben", packed(found.items()))
    is_untouched(elsewhere)


def other_vocabulary(values):
    values["characters"] = values["characters"][:-1]


def test_another_tokenizer_or_another_text_is_refused(elsewhere, exported):
    found = members(exported)
    changed_json("tokenizer.json", other_vocabulary)(found)
    with pytest.raises(ArchiveContradicts):
        take_in(elsewhere, "ben", packed(found.items()))
    found = members(exported) | {"text.txt": b"something else was read, a long time ago\n" * 100}
    with pytest.raises(ArchiveContradicts):
        take_in(elsewhere, "ben", packed(found.items()))
    is_untouched(elsewhere)


def test_names_and_samples_are_made_fit_to_be_shown(elsewhere, exported):
    found = members(exported)
    changed_json("config.json", lambda values: values.update(name="x\ud800\u202e\n<img>" + "y" * 500))(found)
    imported = take_in(elsewhere, "ben", packed(found.items()))
    assert imported.name.startswith("x\ufffd\ufffd\ufffd<img>y") and len(imported.name) == 120
