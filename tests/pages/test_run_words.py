"""What is said about a run: each note that `lmcore` can leave on one, and how it learns."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lmcore.config import RunConfig
from lmcore.errors import CheckpointDamaged
from lmcore.runs.exchange import transfer
from lmcore.runs.store import housekeeping, marks, rebuilding
from lmcore.runs.store.store import Store
from pages.parts.run import run_labels

SOURCES = Path(__file__).parent.parent.parent / "lmcore"
PLANNED = {code for path in SOURCES.rglob("*.py") for code in re.findall(r'"code": "([\w.]+)"', path.read_text("utf-8"))}
VALUES = {"tokens": 300, "batch_size": 4, "sequence_length": 8, "steps": 500, "epochs": 30, "dropout": 0.4, "asked": 4,
          "threads": 2, "megabytes": 3.5, "step": 70, "known": 7, "newest": 9, "before": 0.02, "rate": 0.5, "spelling": 0.5,
          "spacing": 0.1}  # fmt: skip


def test_notes_are_found():
    assert {"plan.small_text", "plan.no_bfloat16", "plan.shrunk_to_text"} <= PLANNED


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            *PLANNED,
            housekeeping.FILM,
            transfer.WITHOUT_TEXT,
            rebuilding.RESTORED,
            CheckpointDamaged.code,
            marks.RATE,
            marks.RESUMED,
        }
    ),
)
def test_every_note_is_said(code):
    assert run_labels.note({"code": code, "values": VALUES})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((64, 32), "the batch size is 4 and the sequence length 8."),
        ((4, 32), "the sequence length is 8."),
        ((64, 8), "the batch size is 4."),
    ],
)
def test_a_note_names_only_what_differs_from_what_was_asked_for(asked, said):
    requested = RunConfig().with_training(batch_size=asked[0], sequence_length=asked[1])
    found = run_labels.note({"code": "plan.shrunk_to_text", "values": VALUES}, requested)
    assert found == f"The text has only 300 training tokens, so {said}"


def test_how_a_run_learns_is_on_its_page(open_page, ids):
    app = open_page("train", run=ids["finished"], lang="en")
    run = Store(ids["data"]).run(ids["finished"])
    assert any(caption.value.startswith(run_labels.recipe(run)) for caption in app.caption)


def test_a_sampled_loss_is_named(ids):
    run = replace(
        Store(ids["data"]).run(ids["finished"]), resolved=RunConfig().with_training(loss="sampled", precision="bfloat16")
    )
    assert run_labels.recipe(run).split(" · ") == [
        "Muon 0.02", "64 × 32 tokens a step", "bfloat16", "loss over a sample of the vocabulary, validated exactly",
    ]  # fmt: skip


def test_a_run_that_is_stopped_while_it_waits_says_so(ids):
    run = replace(Store(ids["data"]).run(ids["finished"]), shown_status="queued", request="stop")
    assert run_labels.status(run) == "being stopped" and "evaluated first" in run_labels.place_in_queue(run, queue=None)
    assert run_labels.status(replace(run, request="queue")) == "waiting for a free place"
