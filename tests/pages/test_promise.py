"""What a run promises, in the visitor's words and by the visitor's clock."""

from dataclasses import replace

import pytest

from lmcore.config import RunConfig
from lmcore.runs.store.store import Store
from pages.parts.train import plan_summary


@pytest.fixture
def a_run(ids):
    """Time-boxed: 10 seconds became 1,240 steps of 64 × 32 tokens."""
    resolved = RunConfig().with_training(stop="seconds", stop_after=10.0, planned_steps=1240)
    return replace(Store(ids["data"]).run(ids["queued"]), resolved=resolved, planned_steps=1240)


def test_steps_tokens_and_the_finish_are_promised(a_run, monkeypatch):
    monkeypatch.setattr(plan_summary, "clock", lambda seconds, now: f"in {seconds}")
    assert (
        plan_summary.words(a_run, 9.5) == "Planned for 10 s of training: 1,240 steps, 2.5 million tokens · done at about in 9.5"
    )
    monkeypatch.setattr(plan_summary, "current_language", lambda: "zh")
    assert "254万" in plan_summary.words(a_run, None)


def test_items_are_counted_as_they_are(a_run):
    assert plan_summary.tokens(replace(a_run, step=10, tokens=5000)) == 1240 * 500


def test_nothing_is_promised_where_nobody_knows(a_run):
    waiting = replace(a_run, planned_steps=0, resolved=None)
    assert plan_summary.words(waiting, None) == ""
    assert plan_summary.words(replace(a_run, resolved=a_run.resolved.with_training(stop="plateau")), 5.0) == ""


def test_at_the_end_one_sees_what_it_took(a_run):
    assert plan_summary.words(replace(a_run, shown_status="finished", seconds=10.2), None).endswith(" · took 10 s")


@pytest.mark.parametrize("page_language", ["en", "zh"])
def test_the_promise_stands_on_the_run_s_page(open_page, ids, page_language):
    app = open_page("train", run=ids["running"], lang=page_language)
    word = {"en": "done at about", "zh": "大约"}[page_language]
    assert any(word in caption.value for caption in app.caption)
