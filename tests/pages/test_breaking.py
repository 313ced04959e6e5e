"""Runs that go wrong on purpose: guessed first, trained, then the guess beside what happened; and the run that mends it."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from lmcore.training.breaking import BROKEN
from lmcore.training.diagnosis import CODES, HEALTHY
from pages.parts import visitor
from pages.parts.language import together
from pages.parts.run import curve_summary
from pages.parts.train import breaking_words
from tests.pages.conftest import MENU
from tests.pages.situations import OWNER


@pytest.fixture
def alone(tmp_path, pool, monkeypatch):
    """An empty data folder, in which runs are really trained."""
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    monkeypatch.setattr(visitor, "current", lambda: OWNER)
    return Store(tmp_path)


def train(store: Store, run_id: str):
    """Until it has ended: the examples of the home page wait too, and it gives way to them."""
    while store.run(run_id).shown_status == "queued":
        worker.work(store.folder, run_id)


def shown(app) -> str:
    return "\n".join(entry.value for entry in (*app.markdown, *app.caption))


@pytest.fixture
def open_train(alone):
    def open_train(**address: str) -> AppTest:
        app = AppTest.from_file(MENU, default_timeout=60)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run().switch_page("train.py").run()

    return open_train


def test_nothing_starts_before_a_guess(open_train, alone):
    app = open_train(lang="en")
    assert app.button(key="break.start").disabled
    app.radio(key="break.guess.rate_too_high").set_value("learns").run()
    assert not app.button(key="break.start").disabled
    assert alone.runs(OWNER) == []


SAID = {
    "en": (
        "You guessed: It falls, as in any other run.",
        "What happened: It climbs far above guessing.",
        "Training has diverged",
    ),
    "zh": ("你的猜测：和平常的训练一样下降。", "实际情况：升得很高，比乱猜还差得多。", "训练已经发散"),
}


def test_the_guess_stands_beside_what_happened_and_one_click_mends_it(open_train, alone):
    app = open_train(lang="en")
    app.radio(key="break.guess.rate_too_high").set_value("learns").run()
    app.button(key="break.start").click().run()
    (run,) = alone.runs(OWNER)
    assert run.requested == BROKEN["rate_too_high"].config
    assert marks.values_of(run, marks.BROKEN) == {"preset": "rate_too_high", "guess": "learns"}
    for language, (guessed, happened, _) in SAID.items():  # while it waits nothing is given away
        waiting = shown(open_train(lang=language, run=run.id))
        assert guessed in waiting and happened not in waiting
    train(alone, run.id)
    assert alone.run(run.id).shown_status == "failed"
    for language, said in SAID.items():
        app = open_train(lang=language, run=run.id)
        assert not app.exception and all(words in shown(app) for words in said)
    assert "train.again" not in {button.key for button in app.button}  # the form could not hold its settings
    app.button(key="break.mend").click().run()
    mended, _broken = alone.runs(OWNER)
    assert mended.requested == BROKEN["rate_too_high"].mended and mended.text_id == run.text_id
    assert marks.values_of(mended, marks.MENDED) == {"preset": "rate_too_high", "of": run.id}
    assert not app.exception and not open_train(lang="en", run=mended.id).exception


def test_a_broken_text_is_kept_once_and_mended_by_the_whole_one(open_train, alone):
    for _visit in range(2):
        app = open_train(lang="en")
        app.selectbox(key="break.preset").set_value("twelve_lines").run()
        app.radio(key="break.guess.twelve_lines").set_value("by_heart").run()
        app.button(key="break.start").click().run()
    first, second = alone.runs(OWNER)
    assert first.text_id == second.text_id
    text = alone.text(first.text_id)
    assert (text.owner, text.sample, text.name) == (None, "fables-en/first_lines", "Fables, English, the first twelve lines")
    short = replace(first.requested, training=replace(first.requested.training, stop_after=60.0, evaluation_interval=12))
    with alone.database.writing() as connection:
        connection.execute("UPDATE runs SET requested = ? WHERE id = ?", (json.dumps(short.to_json()), first.id))
    train(alone, first.id)
    app = open_train(lang="zh", run=first.id)  # in another language the text stays that of the run
    assert "它把这篇短文背了下来" in shown(app)
    app.button(key="break.mend").click().run()
    assert alone.text(alone.runs(OWNER)[0].text_id).sample == "fables-en"
    assert curve_summary.evidence(alone, alone.run(first.id))[2]


def test_a_run_stopped_early_is_not_called_what_it_does_not_show(open_train, alone):
    app = open_train(lang="en")
    app.selectbox(key="break.preset").set_value("few_words").run()
    app.radio(key="break.guess.few_words").set_value("unknown").run()
    app.button(key="break.start").click().run()
    (run,) = alone.runs(OWNER)
    alone.request(run.id, "stop")
    app = open_train(lang="en", run=run.id)
    assert "It was not trained to its end" in shown(app)
    assert "break.mend" not in {button.key for button in app.button}


@pytest.mark.parametrize("preset", BROKEN.values(), ids=BROKEN)
def test_each_preset_has_its_words(preset):
    words = [breaking_words.name(preset.code), breaking_words.what_is_wrong(preset), breaking_words.change(preset)]
    words += [breaking_words.outcome(code) for code in preset.outcomes]
    assert all(words) and "{" not in together(*words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("code", [code for code in CODES if code not in HEALTHY])
def test_each_fault_has_a_name_for_the_chart(code):
    assert 0 < len(curve_summary.name(code)) < 40
