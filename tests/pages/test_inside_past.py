"""Inside, how far back: every situation and language, odd sentences, and what stands beside a run."""

import pytest

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import visitor
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import run_labels
from tests.pages import situations

OWNERS_ONLY = "The held-out text belongs to the owner of this run, so this is for those who may read it."
ODD = {"nothing": "", "one token": "t", "unknown": "ZZZZ", "long": "the cat sat on the mat " * 300}


@pytest.fixture(scope="session")
def beside(ids):
    """A plain RNN and a GRU of the same text, and a run of the same tokens over another one."""
    store, found = Store(ids["data"]), {}
    training = TrainingConfig(stop="steps", stop_after=20.0, batch_size=4, sequence_length=8, evaluation_interval=20)
    again = store.add_text(owner=situations.OWNER, name="again", content=situations.TEXT * 2, kind="stream", encoding="utf-8")
    for family, text_id in (("rnn", ids["text"]), ("gru", ids["text"]), ("lstm", again.id)):
        config = RunConfig(model=ModelConfig(family=family, embedding_size=8, hidden_size=16), training=training)
        run = store.add_run(owner=situations.OWNER, text_id=text_id, name=family, config=config, pinned_context="the")
        worker.work(ids["data"], run.id)
        found[family] = run.id
    return found


def open_view(open_page, run_id: str, language: str = "en"):
    app = open_page("inside", lang=language, view="past", run=run_id)
    assert not app.exception and app.session_state["inside.view"] == "past"
    return app


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_view_shows_itself(open_page, here, language, situation):
    assert len(open_view(open_page, here[situation], language).get("plotly_chart")) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_out_text_is_for_those_who_may_read_it(open_page, here, monkeypatch, language):
    monkeypatch.setattr(visitor, "current", lambda: "a stranger")
    app = open_view(open_page, here["finished"], language)
    assert translate(OWNERS_ONLY, language) in [info.value for info in app.info] and len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_sentences_get_an_answer(open_page, here, text):
    app = open_view(open_page, here["finished"])
    app.text_area(key="inside.sentence").set_value(text).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == (1 if len(text) < 2 else 2)


def test_runs_of_the_same_text_stand_beside_it_one_a_family(open_page, here, beside):
    app = open_view(open_page, here["finished"])
    chosen = app.multiselect(key=f"inside.past.others.{here['finished']}")
    assert {*chosen.value} >= {beside["rnn"], beside["gru"]}
    families = [run_labels.config(visitor.store().run(run_id)).model.family for run_id in chosen.value]
    assert len(set(families)) == len(families) and "lstm" not in families
    assert beside["lstm"] not in list(chosen.options) and len(app.get("plotly_chart")) == 2
    factors = next(table.value for table in app.dataframe if "Multiplied by, per token" in table.value)
    assert len(factors) == 1 + len({*families} - {"transformer"}) and factors["Run"][0].startswith("LSTM 16")


def test_the_token_and_the_measure_can_be_chosen(open_page, here):
    app = open_view(open_page, here["finished"])
    app.text_area(key="inside.sentence").set_value("the cat sat").run()
    app.select_slider(key="inside.past.position").set_value(5).run()
    app.button_group(key="inside.past.way").set_value("token").run()
    assert not app.exception
    table = next(table.value for table in app.dataframe if "Tokens back" in table.value)
    assert list(table["Tokens back"]) == [4, 3, 2, 1] and list(table["token"]) == ["t", "h", "e", "␣"]
