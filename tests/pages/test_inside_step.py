"""One step, opened: every situation and language, and what its buttons, sliders and odd sentences do."""

import numpy as np
import pandas as pd
import pytest

from lmcore.runs.run_folder import RunFolder
from pages.parts import visitor
from pages.parts.inside import step_state
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import model_cache

ODD = {
    "one token": "t",
    "unknown": "ZZZ 9",
    "another script": "从前有一只小狐狸",
    "markup": "<b>the</b> **cat** $x$",
    "long": "the cat sat on the mat " * 400,
    "two lines": "the cat\nthe dog",
}


@pytest.fixture
def page(open_page, here):
    def page(situation: str = "finished", language: str = "en", sentence: str = "the cat sat"):
        app = open_page("inside", lang=language, view="step", run=here[situation])
        return app.text_area(key="inside.sentence").set_value(sentence).run()

    return page


def table(app, column: str):
    """The table that has this column."""
    columns = [translate(column, language) for language in LANGUAGES]
    return next(frame.value for frame in app.dataframe if not {*columns}.isdisjoint(frame.value.columns))


def losses(app) -> list[float]:
    return list(table(app, "Loss (nats per token)").iloc[:, 1])


def followed(app):
    """A row a weight."""
    found = next(frame.value for frame in app.dataframe if "Step taken" in list(frame.value.iloc[:, 0]))
    return found.set_index("Weight").T.apply(pd.to_numeric)


def press(app, name: str):
    return app.button(key=f"inside.step.{name}").click().run()


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_station_shows_itself(page, language, situation):
    app = page(situation, language)
    assert not app.exception and not app.error
    heads = [head.value for head in app.subheader]
    assert translate("③ Forward: from a number to probabilities", language) in heads
    bars = table(app, "p after")
    assert bars["y"].sum() == 1 and abs(bars["p − y"].sum()) < 1e-12
    assert bars.iloc[:, 2].sum() == pytest.approx(1) == bars.iloc[:, 5].sum()
    assert losses(app)[1] < losses(app)[0]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_sentences_get_an_answer(page, text):
    app = press(page(sentence=text), "go1")
    assert not app.exception and not app.error
    assert len(losses(app)) == 3


def test_an_empty_sentence_says_what_to_do(page):
    app = page(sentence=" ")
    assert not app.exception and app.info[0].value == "Type a sentence to look inside the network while it reads."


def test_steps_go_on_from_one_another_and_back(page):
    app = page()
    first = losses(app)
    app = press(app, "go1")
    assert losses(app)[:2] == first
    app = press(app, "go10")
    assert len(losses(app)) == 13 and losses(app)[-1] < losses(app)[0] / 2
    found = losses(app)
    step_state._kept.clear()  # given up: computed again from the clicks
    step_state.look.cache_clear()
    app = press(app, "go1")
    assert losses(app)[:-1] == found
    assert losses(press(app, "back")) == first


def test_the_page_can_be_drawn_again_after_steps(page):
    app = press(page(), "go1")
    found = losses(app)
    app.run()
    assert not app.exception and not app.error and losses(app) == found


def test_a_rate_of_0_moves_nothing(page):
    app = page()
    app.select_slider(key="inside.step.rate.muon").set_value(0.0).run()
    assert losses(app)[0] == losses(app)[1]
    weights = followed(app)
    assert (weights["Step taken"] == 0).all() and (weights["Gradient"] != 0).all()


def test_plain_descent_takes_rate_times_gradient(page):
    app = page()
    app.segmented_control(key="inside.step.optimizer").set_value("sgd").run()
    app.select_slider(key="inside.step.rate.sgd").set_value(0.1).run()
    weights = followed(app)
    np.testing.assert_allclose(weights["Step taken"], -0.1 * weights["Gradient"], rtol=1e-4)


def test_the_gradient_is_checked_and_rounding_is_named(page):
    app = page()
    said = [caption.value for caption in app.caption]
    assert "✓ the same — The same number, to at least three digits: the gradient is right." in said
    checks = table(app, "L(w + ε)")
    assert set(checks["Verdict"]) == {"✓ the same"}
    np.testing.assert_allclose(checks["Difference / 2ε"].astype(float), checks["Gradient"].astype(float), rtol=1e-5)
    app.select_slider(key="inside.step.epsilon").set_value(1e-15).run()
    assert any(caption.value.startswith("rounding — ε is too small") for caption in app.caption)
    assert set(table(app, "L(w + ε)")["Verdict"]) == {"rounding"}  # never right by chance
    app.select_slider(key="inside.step.epsilon").set_value(0.1).run()
    assert not any(caption.value.startswith("rounding") for caption in app.caption)


def test_other_weights_can_be_followed_and_stay_through_steps(page):
    app = page()
    row = next(box for box in app.number_input if box.label == "Row")
    row.set_value(1).run()
    names = list(followed(app).index)
    assert names[0].startswith("embedding.weight[1, ")
    assert list(followed(press(app, "go1")).index) == names


def test_a_clicked_token_is_the_one_that_is_predicted(page, here):
    app = page()
    trained = model_cache.load(here["data"], visitor.store().run(here["finished"]))
    ids = trained.encode("the cat sat", whole=True).astype(np.int64)
    app.session_state["inside.step.position"] = ((here["finished"], ids.tobytes()), 4)
    app.run()
    assert table(app, "p after")["Token"][0] == "c"


def test_any_frame_of_the_film_can_be_opened_and_no_film_is_said(page, here):
    app = page()
    weights = app.select_slider(key="inside.step.start")
    assert weights.value == 0 and len(weights.options) > 4
    random = losses(app)
    trained = losses(weights.set_value(40).run())
    assert trained[0] < random[0]
    folder = RunFolder.of(here["data"], here["finished"])
    aside = folder.film_path.rename(folder.film_path.with_name("aside"))
    try:
        app = page()
        assert not app.exception
        assert "This run has no film, so there are only the weights it began with and those of its checkpoint." in [
            caption.value for caption in app.caption
        ]
        assert losses(app) == random  # built again from configuration and seed
    finally:
        aside.rename(folder.film_path)


def test_what_is_kept_for_the_next_click_is_bounded(page, monkeypatch):
    step_state._kept.clear()
    step_state.look.cache_clear()
    app = press(page(), "go1")
    assert 1 <= len(step_state._kept) <= 2
    monkeypatch.setattr(step_state, "BYTES", 0)
    assert len(losses(press(app, "go1"))) == 4
    assert not step_state._kept


def test_a_network_that_is_too_large_is_said(page, monkeypatch):
    monkeypatch.setattr(step_state, "MOST_BYTES", 1000)
    app = page()
    assert not app.exception and app.info[0].value.startswith("This network is too large to be opened here")
