"""Hostile run files without end: a good one, changed by chance in one place. Each is refused with a sentence, or is as good as the first.

`KINDS` says what is changed; the same seed gives the same file. `verdict` reads one and says how it went.
"""

import csv
import io
import json
import math
import random
import stat
import struct
import zipfile

import numpy as np
import torch

from lmcore.errors import LmcoreError
from lmcore.inference.references import ORDERS
from lmcore.runs.exchange import transfer
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks as run_marks
from lmcore.training import checkpoint
from tests.runs.run_files import members, packed, take_in, with_json, with_weights

VALUES = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.5, 7, 2**31, 2**53 + 1, 2**63, 2**64, 10**19, -(10**30), 10**400, 1e300, -1e300, 5e-324, 3e38,
    math.nan, math.inf, -math.inf, "", "x", "../../etc/passwd", "\ud800", "\x00\x1e\u202e", "x" * 20_000, "1", "True", "NaN",
    [], {}, [[]], [None], {"a": 1}, [[["deep"]]], ["x"] * 2_000, ["uniform", 0, 1.0], list(range(300)),
)  # fmt: skip
CELLS = ("", " ", "x", "nan", "inf", "-inf", "-1", "0", "1.5", "1e19", "1e300", "1e400", "-1e30", "9" * 5_000, "1,2", '"', "\n", "\x00", "[]", "[[1, 2]]",
         '[["a", NaN]]', '[["a", 2]]', "[" * 3_000, "猫")  # fmt: skip


def config(found, chance):
    return _json(found, "config.json", chance)


def tokenizer(found, chance):
    return _json(found, "tokenizer.json", chance)


def _json(found, name: str, chance):
    def change(values):
        owner, key = chance.choice(list(_places(values)))
        if chance.random() < 0.25:
            del owner[key]
        elif chance.random() < 0.1 and isinstance(owner, dict):
            owner[chance.choice(("evil", "__class__", "kind", ""))] = chance.choice(VALUES)
        elif isinstance(owner[key], list) and owner[key] and chance.random() < 0.3:
            owner[key] *= chance.choice((2, 5, 1_000))
        else:
            owner[key] = chance.choice(VALUES)

    return _packed(with_json(found, name, change))


def _places(values):
    for key in values if isinstance(values, dict) else range(len(values)):
        yield values, key
        if isinstance(values[key], (dict, list)):
            yield from _places(values[key])


def marks(found, chance):
    """What was changed while the run trained, and the parts of its bits per byte: in the settings or the header of the weights."""
    steps = [chance.choice((0, 1, 7, 20, 21, 2**63, *VALUES)) for _ in range(chance.choice((1, 2, 50)))]
    if chance.random() < 0.3:
        rates = [[step, chance.choice((0.1, 0.0, *VALUES))] for step in steps]
        return _packed(
            with_weights(found, lambda _tensors, header: header["training"]["learning_rates"].extend(rates)),
        )
    parts = {name: chance.choice((0.1, 0, *VALUES)) for name in ("spelling", "spacing")}
    changed = chance.choice(({"pauses": steps}, {"pauses": sorted(chance.choices(range(1, 23), k=2))}, {"beside_tokens": parts}))
    return _packed(with_json(found, "config.json", lambda values: values.update(changed)))


def table(found, chance):
    """A cell, a row or a column of a table."""
    name = chance.choice(("steps.csv", "evaluations.csv"))
    rows = list(csv.reader(io.StringIO(found[name].decode(), newline="")))
    row = chance.randrange(len(rows))
    act = chance.randrange(6)
    if act == 0:
        del rows[row]
    elif act == 1:
        rows.insert(row, rows[chance.randrange(len(rows))])
    elif act == 2:
        rows[row] = rows[row] * chance.choice((2, 500))
    elif act == 3:
        column = chance.randrange(len(rows[0]))
        rows = [[cell for position, cell in enumerate(cells) if position != column] for cells in rows]
    else:
        rows[row][chance.randrange(len(rows[row]))] = chance.choice(CELLS)
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return _packed({**found, name: written.getvalue().encode()})


def header(found, chance):
    """The header of the weights, its digest right."""

    def change(tensors, values):
        owner, key = chance.choice(list(_places(values)))
        if chance.random() < 0.2:
            del owner[key]
        elif chance.random() < 0.1 and isinstance(owner, dict):
            owner[chance.choice(("optimizers", "config", "batches", "loss", "__class__"))] = chance.choice(VALUES)
        else:
            owner[key] = chance.choice(VALUES)

    return _packed(with_weights(found, change))


def tensors(found, chance):
    """The weights, what the optimizers keep, the state: their digest right."""

    def change(values, _header):
        name = chance.choice(sorted(values))
        value, act = values[name], chance.randrange(8)
        if act == 0:
            del values[name]
        elif act == 1:
            values[chance.choice(("evil", "model.evil", "optimizer.0.99.momentum_buffer", "optimizer.x.y.z", "hidden.7", ""))] = (
                value.clone()
            )
        elif act == 2:
            values[name] = value.reshape(-1)[: value.numel() // 2].clone()
        elif act == 3:
            values[name] = value.mT.contiguous() if value.dim() == 2 else value[None].clone()
        elif act == 4:
            values[name] = value.to(chance.choice((torch.float64, torch.float16, torch.int64, torch.uint8, torch.bool)))
        elif act == 5:
            values[name] = torch.zeros(0, dtype=value.dtype)
        else:
            flat = value.reshape(-1).clone()
            extreme = (math.nan, math.inf, -math.inf, 3e38, -3e38) if value.is_floating_point() else (255, 0, 200)
            flat[chance.randrange(len(flat)) if act == 6 else slice(None)] = chance.choice(extreme)
            values[name] = flat.reshape(value.shape)

    return _packed(with_weights(found, change))


def bits(found, chance):
    """Flipped bits, bytes lost or put in, anywhere in the archive."""
    data = bytearray(_packed(found))
    for _ in range(chance.choice((1, 1, 1, 8, 64))):
        position = chance.randrange(len(data))
        act = chance.randrange(4)
        if act < 2:
            data[position] ^= 1 << chance.randrange(8)
        elif act == 2:
            del data[position : position + chance.choice((1, 50, 10_000))]
        else:
            data[position:position] = chance.randbytes(chance.choice((1, 50, 70_000)))
        data = data or bytearray(b"P")
    return bytes(data)


def sizes(found, chance):
    """The archive's directory says other sizes, methods, places or types than are true."""
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    data = bytearray(packed(found.items(), method))
    begin = data.index(b"PK\x01\x02")
    positions = [begin]
    while (begin := data.find(b"PK\x01\x02", begin + 4)) >= 0:
        positions.append(begin)
    fields = {"version": 6, "flags": 8, "method": 10, "crc": 16, "packed": 20, "size": 24, "name": 28, "type": 38, "offset": 42}
    position = chance.choice(positions) + fields[chance.choice(list(fields))]
    old = struct.unpack_from("<I", data, position)[0]
    new = chance.choice((0, 1, 10, old + 1, max(0, old - 1), old * 2, 2**31, 2**32 - 1, chance.randrange(2**32)))
    struct.pack_into("<I", data, position, min(new, 2**32 - 1))
    return bytes(data)


def names(found, chance):
    """Members that do not belong there, twice, as links, as pickles, in folders, or with the content of another."""
    entries = list(found.items())
    name = chance.choice(sorted(found))
    act = chance.randrange(7)
    if act == 0:
        entries.append(
            (chance.choice(("../x", "/etc/passwd", "C:\\x", "a/b", "x.pkl", "model.pt", "x/", "x" * 300, "\u202e", "CON")), b"x")
        )
    elif act == 1:
        entries.append((name, b"x"))
    elif act == 2:
        info = zipfile.ZipInfo(name)
        info.external_attr = chance.choice((stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR)) << 16
        entries = [(one, content) for one, content in entries if one != name] + [(info, b"/etc/passwd")]
    elif act == 3:
        pickled = chance.choice((b"\x80\x04\x95", b"\x80\x02", b"PK\x03\x04")) + chance.randbytes(50)
        entries = [(one, pickled if one == name else content) for one, content in entries]
    elif act == 4:
        other = chance.choice(sorted(found))
        entries = [(one, found[other] if one == name else content) for one, content in entries]
    elif act == 5:
        entries = [(one, bytes(chance.choice((0, 1_000, 3_000_000))) if one == name else content) for one, content in entries]
    else:
        entries += [(f"{number}", b"") for number in range(100)]
    return packed(entries)


KINDS = {change.__name__: change for change in (config, marks, tokenizer, table, header, tensors, bits, sizes, names)}


def _packed(found) -> bytes:
    return packed(found.items())


def a_case(good: bytes, kind: str, seed: int) -> bytes:
    return KINDS[kind](members(good), random.Random(f"{kind} {seed}"))


def verdict(store, data: bytes) -> str:
    """The code of the refusal, or "taken in" where the run is as good as any. Raises what no visitor may ever see."""
    try:
        run = take_in(store, "ben", data)
    except LmcoreError as error:
        assert str(error)
        return error.code
    is_usable(store, run)
    return "taken in"


def is_usable(store, run):
    """Every page can show it, every number is one, and it can leave and come back."""
    steps, evaluations = store.steps(run.id), store.evaluations(run.id)
    assert steps.step.tolist() == list(range(1, run.step + 1))
    assert all(np.isfinite(getattr(steps, name)).all() for name in vars(steps))
    json.dumps([vars(row) for row in evaluations], allow_nan=False)
    assert all(name in ORDERS and order in ORDERS[name] and 0 <= loss < 4e38 for name, order, loss in run.reference_lines)
    rates = run_marks.rates(run)
    assert all(0 < step <= run.step for step in run_marks.pauses(run)) and 0 <= rates[-1][0] <= run.step
    assert rates == sorted(rates, key=lambda rate: rate[0]) and all(0 < rate < 4e38 for _, rate in rates)
    json.dumps(run.notes, allow_nan=False)
    run_folder = RunFolder.of(store.folder, run.id)
    path = run_folder.checkpoints()[0]
    tokenizer, model = run_folder.tokenizer(), checkpoint.load(path).language_model()
    ids = tokenizer.encode("the cat 猫\n")
    probabilities = np.exp(model.log_probabilities(np.arange(model.vocabulary_size)))
    assert (
        tokenizer.decode(ids)
        and np.allclose(probabilities.sum(axis=1), 1.0)
        and len(tokenizer.vocabulary) == model.vocabulary_size
    )
    with_text = not any(note["code"] == transfer.WITHOUT_TEXT for note in run.notes)
    assert take_in(store, "ben", transfer.export_run(store, run.id, with_text)).step == run.step
