"""What a visitor's actions change: states before and after, on a data folder that each test may change."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from lmcore import presets
from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from pages.parts import visitor
from pages.parts.run import setting_labels
from tests.pages.conftest import MENU
from tests.pages.situations import OWNER, TEXT, a_config

SHORT = "A page is enough. " * 20


@pytest.fixture
def store(tmp_path, monkeypatch, pool):
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    monkeypatch.setattr(visitor, "current", lambda: OWNER)
    return Store(tmp_path)


@pytest.fixture
def a_run(store):
    text = store.add_text(owner=OWNER, name="cats", content=TEXT, kind="stream", encoding="utf-8")
    return store.add_run(owner=OWNER, text_id=text.id, name="first", config=a_config(), pinned_context="the ca")


def open_page(page: str, **address: str) -> AppTest:
    app = AppTest.from_file(MENU, default_timeout=60)
    for name, value in {"lang": "en", **address}.items():
        app.query_params[name] = value
    return app.run().switch_page(f"{page}.py").run()


def own(store) -> list:
    return store.runs(OWNER)


def test_a_pasted_text_is_kept_and_opened(store):
    app = open_page("text")
    app.text_area(key="text.paste").set_value(SHORT)
    app.button(key="text.use").click().run()
    (text,) = store.texts(OWNER)
    assert store.content(text.id) == SHORT and text.kind == "stream"
    assert app.query_params["text"] == text.id


@pytest.mark.parametrize("content", ["", "   \n", "\x00\x01"])
def test_an_empty_text_is_refused_in_one_sentence(store, content):
    app = open_page("text")
    app.text_area(key="text.paste").set_value(content)
    app.button(key="text.use").click().run()
    assert [error.value for error in app.error] == ["There is no text here yet. Paste or upload at least one sentence."]
    assert store.texts(OWNER) == []


def test_one_button_starts_a_run_without_a_question(store, pool):
    app = open_page("home")
    woken = pool.woken
    app.button(key="home.train").click().run()
    (run,) = own(store)
    assert run.shown_status == "queued" and run.requested.training.stop == "seconds" and pool.woken > woken
    assert store.text(run.text_id).sample == "fables-en"
    assert app.query_params["run"] == run.id


def test_a_text_pasted_on_the_home_page_is_trained_on(store):
    app = open_page("home")
    app.text_area(key="home.text").set_value("只有一页的文字，也能训练。" * 10)
    app.button(key="home.own").click().run()
    (run,) = own(store)
    assert store.text(run.text_id).owner == OWNER and run.requested.tokenizer.level == "character"


def test_the_form_starts_what_it_shows(store, a_run):
    app = open_page("train", text=a_run.text_id)
    app.segmented_control(key="settings.family").set_value("gru").run()
    app.slider(key="settings.hidden_size").set_value(96).run()
    app.selectbox(key="settings.optimizer").set_value("sgd").run()
    assert app.number_input(key="settings.learning_rate").value == 0.5  # a rate that suits it
    app.toggle(key="settings.tied").set_value(True).run()
    assert app.slider(key="settings.embedding_size").value == 96
    app.button(key="train.start").click().run()
    model, training = own(store)[0].requested.model, own(store)[0].requested.training
    assert (model.family, model.hidden_size, model.embedding_size, model.tied) == ("gru", 96, 96, True)
    assert (training.optimizer, training.learning_rate) == ("sgd", 0.5)


def test_sizes_that_were_not_changed_become_those_that_suit_the_family(store, a_run):
    app = open_page("train", text=a_run.text_id)
    app.slider(key="settings.layers").set_value(3).run()
    app.segmented_control(key="settings.family").set_value("transformer").run()
    usual, model = presets.preset(30, family="transformer").model, app.session_state["settings"].model
    assert (model.embedding_size, model.hidden_size, model.window) == (usual.embedding_size, usual.hidden_size, usual.window)
    assert model.layers == 3
    app.segmented_control(key="settings.family").set_value("lstm").run()
    assert app.session_state["settings"].model.hidden_size == presets.preset(30).model.hidden_size


def test_the_article_s_loop_is_one_click_away(store, a_run):
    app = open_page("train", text=a_run.text_id)
    app.pills(key="settings.preset").set_value("article").run()
    app.button(key="train.start").click().run()
    config = own(store)[0].requested
    assert (config.model.family, config.training.optimizer, config.training.schedule) == ("rnn", "sgd", "constant")


def test_start_before_a_preset_is_drawn_trains_that_preset(store, a_run):
    """Such a click brings the values that the browser still shows, and ends the script that would have drawn the others."""
    app = open_page("train", text=a_run.text_id)
    app.session_state["settings.filled"] = presets.preset(10)  # what the preset's callback leaves
    app.number_input(key="settings.stop_after").set_value(31.0)
    app.number_input(key="settings.hidden_size.typed").set_value(40.0)
    app.button(key="train.start").click().run()
    assert not app.exception
    requested = own(store)[0].requested
    assert (requested.training.stop_after, requested.model) == (10.0, presets.preset(10).model)


def test_the_settings_of_the_last_run_are_one_click_away(store, a_run):
    app = open_page("train")
    assert app.number_input(key="settings.batch_size.typed").value == 64
    app.button(key="settings.last").click().run()
    assert app.number_input(key="settings.batch_size.typed").value == 4 and app.slider(key="settings.hidden_size").value == 16
    assert "settings.last" not in {button.key for button in app.button}


def test_a_waiting_run_is_stopped_and_resumed(store, a_run, pool):
    app = open_page("train", run=a_run.id)
    app.button(key="live.stop").click().run()
    assert store.run(a_run.id).shown_status == "stopped"
    woken = pool.woken
    app.run().button(key="live.resume").click().run()
    assert store.run(a_run.id).shown_status == "queued" and pool.woken > woken


def test_nobody_controls_another_s_run(store, a_run, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "ben")
    app = open_page("train", run=a_run.id)
    keys = {button.key for button in app.button}
    assert not keys & {"live.stop", "live.pause", "live.resume", "live.rate.set"}
    assert "This run belongs to someone else: you can look at it, but not change it." in [
        caption.value for caption in app.caption
    ]


def test_a_loss_that_exploded_offers_a_tenth_of_the_rate(store, a_run):
    with store.database.writing() as connection:
        connection.execute(
            "UPDATE runs SET status = 'failed', error_code = 'training.loss_not_finite', error_values = ?",
            ('{"loss": "nan", "step": 31, "learning_rate": 0.02, "gradient_norm": 1e9}',),
        )
    app = open_page("train", run=a_run.id)
    app.button(key="live.retry").click().run()
    again = own(store)[0]
    assert again.id != a_run.id
    assert again.requested.training.learning_rate == pytest.approx(a_run.requested.training.learning_rate / 10)


@pytest.mark.parametrize(("changed", "offered"), [([], 0.002), ([5.0], 0.02), ([5.0, 0.1], 0.01)])
def test_after_a_change_of_the_rate_the_retry_says_why_it_is_offered(store, a_run, changed, offered):
    rates = [a_run.requested.training.learning_rate, *changed]
    notes = marks.of_rates([(10 * position, rate) for position, rate in enumerate(rates)])
    with store.database.writing() as connection:
        connection.execute(
            "UPDATE runs SET status = 'failed', error_code = 'training.loss_not_finite', error_values = ?, notes = ?",
            (json.dumps({"loss": "nan", "step": 31, "learning_rate": rates[-1], "gradient_norm": 1e9}), json.dumps(notes)),
        )
    app = open_page("train", run=a_run.id)
    retry, resume = app.button(key="live.retry"), app.button(key="live.resume")
    assert (retry.proto.type, resume.proto.type) == ("primary", "secondary")
    assert retry.label == f"Try again with learning rate {offered:.3g}"
    assert any(f"{rates[-1]:.3g}" in caption.value and f"{offered:.3g}" in caption.value for caption in app.caption)


def test_a_paused_run_can_be_stopped(store, a_run):
    store.request(a_run.id, "pause")
    app = open_page("train", run=a_run.id)
    assert {"live.resume", "live.stop"} <= {button.key for button in app.button}
    app.button(key="live.stop").click().run()
    assert store.run(a_run.id).shown_status == "stopped" and "live.stop" not in {button.key for button in app.button}


def test_delete_is_undone(store, a_run):
    app = open_page("runs")
    app.menu_button(key=f"runs.more.{a_run.id}").click("delete").run()
    assert own(store) == []
    app.button(key="runs.undo").click().run()
    assert [run.id for run in own(store)] == [a_run.id]


def test_the_language_is_switched_in_one_click_and_the_run_stays(store, a_run):
    app = open_page("train", run=a_run.id)
    assert app.title[0].value == "Training"
    app.button(key="menu.language").click().run()
    assert app.title[0].value == "训练"
    assert app.query_params["lang"] == "zh" and app.query_params["run"] == a_run.id


def test_a_run_of_seconds_offers_its_steps_again(store, a_run):
    """The same settings as they were decided, seconds made steps: the seed then gives the same curve."""
    asked = a_run.requested.with_training(stop="seconds", stop_after=10.0, seed=7)
    resolved = asked.with_training(planned_steps=137, evaluation_interval=4, batch_size=2, regularisation="as_set")
    with store.database.writing() as connection:
        connection.execute(
            "UPDATE runs SET status = 'finished', requested = ?, resolved = ?, planned_steps = 137, step = 137",
            (json.dumps(asked.to_json()), json.dumps(resolved.to_json())),
        )
    app = open_page("train", run=a_run.id)
    assert "number of steps" in setting_labels.help("seed")
    app.button(key="train.same_steps").click().run()
    app.button(key="train.start").click().run()
    again = own(store)[0].requested.training
    assert own(store)[0].id != a_run.id
    assert (again.stop, again.stop_after, again.seed, again.batch_size, again.regularisation) == ("steps", 137.0, 7, 2, "as_set")
    assert (again.planned_steps, again.evaluation_interval) == (0, 0)
