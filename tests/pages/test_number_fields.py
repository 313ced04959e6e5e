"""Every number that can be typed: what is outside its range is refused in the visitor's language, and nothing is done with it."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.components.number_field import refusal
from tests.pages.test_transitions import MENU, a_run, open_page, own, store  # noqa: F401

PAGES = Path(__file__).parent.parent.parent / "pages"
FORM = {  # field: (name in English, in Chinese, lowest, highest, whole)
    "stop_after": ("Training time (seconds)", "训练时长（秒）", "1", "1,000,000", False),
    "learning_rate": ("Learning rate", "学习率", "0.000001", "10", False),
    "seed": ("Seed", "随机种子", "0", "2,147,483,647", True),
    "vocabulary_size.typed": ("Largest vocabulary", "词表上限", "260", "30,000", True),
    "hidden_size.typed": ("Hidden size", "隐藏层大小", "8", "512", True),
    "embedding_size.typed": ("Embedding size", "词嵌入维数", "8", "512", True),
    "batch_size.typed": ("Batch size", "批大小", "1", "256", True),
    "sequence_length.typed": ("Sequence length", "序列长度", "4", "256", True),
}
OUTSIDE = {-1.0: "-1", 3e9: "3,000,000,000", 1e300: "1.0×10³⁰⁰"}
ENGLISH, CHINESE = "The setting “{0}” is {1}; it must lie between {2} and {3}.", "设置“{0}”的值是 {1}，必须在 {2} 到 {3} 之间。"


def said(app: AppTest) -> str:
    """All captions, without Markdown's backslashes."""
    return re.sub(r"\\(.)", r"\1", "\n".join(caption.value for caption in app.caption))


def form(run) -> AppTest:
    app = open_page("train", text=run.text_id)
    return app.segmented_control(key="settings.level").set_value("word").run()


def test_there_is_one_kind_of_number_field():
    others = [path.name for path in PAGES.rglob("*.py") if ".number_input(" in path.read_text(encoding="utf-8")]
    assert others == ["number_field.py"]


@pytest.mark.parametrize("value", [*OUTSIDE, None, 2.5])
def test_no_run_is_started_with_a_number_that_is_refused(store, a_run, value):  # noqa: F811
    app = form(a_run)
    for field, (name, _chinese, low, high, whole) in FORM.items():
        if value == 2.5 and not whole:
            continue
        usual = app.number_input(key=f"settings.{field}").value
        app.number_input(key=f"settings.{field}").set_value(value)
        app.button(key="train.start").click().run()  # typed, and started without another look
        expected = {
            None: f"“{name}” is empty; it must be a number between {low} and {high}.",
            2.5: f"“{name}” is 2.5; it must be a whole number between {low} and {high}."
            if low in "01"
            else ENGLISH.format(name, "2.5", low, high),
        }.get(value) or ENGLISH.format(name, OUTSIDE[value], low, high)
        assert said(app).count(expected) == 2, field  # at the field, and where training is started
        assert app.button(key="train.start").disabled and own(store) == [a_run], field
        app.number_input(key=f"settings.{field}").set_value(usual).run()
        assert not app.button(key="train.start").disabled, field


def test_the_refusal_is_in_the_language_of_the_page(store, a_run):  # noqa: F811
    app = AppTest.from_file(MENU, default_timeout=60)
    app.query_params["lang"], app.query_params["text"] = "zh", a_run.text_id
    app.session_state["settings.learning_rate"] = 300.0
    app.run().switch_page("train.py").run()
    assert said(app).count(CHINESE.format("学习率", "300", "0.000001", "10")) == 2


def test_steps_are_whole(store, a_run):  # noqa: F811
    app = form(a_run)
    app.number_input(key="settings.stop_after").set_value(10.5).run()
    assert not app.button(key="train.start").disabled  # seconds
    app.selectbox(key="settings.stop").set_value("steps").run()
    assert "“Number of steps” is 10.5; it must be a whole number between 1 and 1,000,000." in said(app)


def test_a_size_is_typed_or_slid(store, a_run):  # noqa: F811
    app = form(a_run)
    app.number_input(key="settings.hidden_size.typed").set_value(100.0).run()
    assert app.slider(key="settings.hidden_size").value == 100
    app.slider(key="settings.hidden_size").set_value(96).run()
    assert app.number_input(key="settings.hidden_size.typed").value == 96
    app.number_input(key="settings.hidden_size.typed").set_value(9_999.0).run()
    app.pills(key="settings.preset").set_value(30).run()  # a preset is a choice too
    assert app.number_input(key="settings.hidden_size.typed").value == 256
    app.button(key="train.start").click().run()
    assert own(store)[0].requested.model.hidden_size == 256


@pytest.mark.parametrize(("kind", "field"), [("character", "vocabulary_size.typed"), ("word", "embedding_size.typed")])
def test_a_field_that_is_no_longer_asked_for_refuses_nothing(store, a_run, kind, field):  # noqa: F811
    app = form(a_run)
    app.number_input(key=f"settings.{field}").set_value(1.0).run()
    assert app.button(key="train.start").disabled
    app.segmented_control(key="settings.level").set_value(kind)
    app.toggle(key="settings.tied").set_value(True).run()
    assert not app.button(key="train.start").disabled


@pytest.mark.parametrize("value", [*OUTSIDE, None])
def test_a_running_run_keeps_its_rate(store, a_run, value):  # noqa: F811
    app = open_page("train", run=a_run.id)
    app.number_input(key="live.rate").set_value(value)
    app.button(key="live.rate.set").click().run()
    assert app.button(key="live.rate.set").disabled and "between 0.000001 and 10." in said(app)
    assert store.run(a_run.id).learning_rate is None
    app.number_input(key="live.rate").set_value(0.25).run()
    app.button(key="live.rate.set").click().run()
    assert store.run(a_run.id).learning_rate == 0.25


@pytest.mark.parametrize("value", [*OUTSIDE, None, 2.5])
@pytest.mark.parametrize(
    ("field", "name", "low", "high"), [("seed", "Seed", "0", "999,999"), ("amount", "Tokens at most", "1", "500")]
)
def test_nothing_is_written_with_a_number_that_is_refused(open_page, here, field, name, low, high, value):
    app = open_page("write", run=here["finished"], lang="en")
    app.number_input(key=f"write.{field}").set_value(value)
    app.button(key="write.one").click().run()
    assert f"“{name}” is" in said(app) and f"between {low} and {high}." in said(app)
    assert app.button(key="write.on").disabled and app.button(key="write.one").disabled


@pytest.mark.parametrize("value", [*OUTSIDE, 0.0, None])
def test_no_count_is_smoothed_with_a_number_that_is_refused(open_page, here, value):
    app = open_page("explore", run=here["finished"], lang="en")
    app.selectbox(key="explore.smoothing").set_value("add-k").run()
    app.number_input(key="explore.k").set_value(value).run()
    assert "it must" in said(app) and not app.exception


@pytest.mark.parametrize(
    ("value", "low", "high", "whole", "words"),
    [
        (1.0, 1, 5, True, None),
        (5.0, 1, 5, True, None),
        (1e-6, 1e-6, 10.0, False, None),
        (9.9e-7, 1e-6, 10.0, False, "it must lie between"),
        (5.5, 1, 5, True, "it must lie between"),
        (2.5, 1, 5, True, "a whole number"),
        (float("nan"), 1, 5, True, "is empty"),
        (float("-inf"), 1, 5, True, "is -∞;"),
        (None, 1, 5, True, "is empty"),
    ],
)
def test_the_ends_of_a_range_belong_to_it(value, low, high, whole, words):
    found = refusal("k", value, low, high, whole)
    assert found is None if words is None else words in re.sub(r"\\(.)", r"\1", found)


def test_settings_of_the_transformer_are_shown_for_it_alone_and_always_go_together(store, a_run):  # noqa: F811
    app = form(a_run)
    assert not [widget for widget in app.toggle if widget.key == "settings.residual"]
    app.segmented_control(key="settings.family").set_value("transformer").run()
    assert any("learns more slowly than an LSTM" in caption.value for caption in app.caption)
    app.segmented_control(key="settings.heads").set_value(8).run()
    app.toggle(key="settings.positions").set_value(False).run()
    app.number_input(key="settings.hidden_size.typed").set_value(100.0).run()  # 8 does not divide it
    assert not app.exception
    assert app.segmented_control(key="settings.heads").value == 5
    model = app.session_state["settings"].model
    assert (model.family, model.hidden_size, model.heads, model.positions, model.window) == ("transformer", 100, 5, False, 64)
