"""What each layer knows: the lens in every language and situation, with one layer and with several."""

from dataclasses import replace

import numpy as np
import pytest

from lmcore.config import FAMILIES
from lmcore.errors import TextMissing
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.runs.run_folder import RunFolder
from pages.parts import visitor
from pages.parts.inside import layers_probes
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import model_cache
from tests.lmcore.examples import small
from tests.pages.test_inside_words import captions


def of_size(monkeypatch, **changes):
    """Every run has random weights of another size."""
    load = model_cache.load

    def other(*args, **settings):
        trained = load(*args, **settings)
        network = build_model(small(**changes), trained.tokenizer.vocabulary_size)
        return replace(trained, fetch=lambda: NeuralLanguageModel(network, trained.opening))

    monkeypatch.setattr(model_cache, "load", other)


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lens_shows_itself(open_page, here, language, situation):
    app = open_page("inside", lang=language, view="layers", run=here[situation])
    assert not app.exception and app.session_state["inside.view"] == "layers"
    assert translate("The lens", language) in [element.value for element in app.subheader]
    assert translate(
        "This network has one layer, so no layer stands between its embedding and its output.", language
    ) in captions(app)
    assert len(app.get("plotly_chart")) >= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_read(open_page, here, monkeypatch, family):
    of_size(monkeypatch, family=family, embedding_size=16, layers=2)
    app = open_page("inside", lang="en", view="layers", run=here["finished"])
    assert not app.exception
    columns = list(app.dataframe[0].value.columns)
    assert columns[:2] == ["Token", "embedding"] and columns[-2].endswith(": the output") and "favourite" in captions(app)


@pytest.mark.parametrize("text", ["t", "ZZZ 9", "the cat sat on the mat " * 400, "  \n"])
def test_odd_texts_get_an_answer(open_page, here, monkeypatch, text):
    of_size(monkeypatch, embedding_size=16, layers=2)
    app = open_page("inside", lang="en", view="layers", run=here["finished"])
    app.text_area(key="inside.sentence").set_value(text).run()
    assert not app.exception
    if len(text) > 40:
        assert "Read here are the first 40 tokens" in captions(app)


def test_the_bars_are_of_the_chosen_token(open_page, here, monkeypatch):
    of_size(monkeypatch, embedding_size=16, layers=2)
    app = open_page("inside", lang="en", view="layers", run=here["finished"])
    app.text_area(key="inside.sentence").set_value("the cat").run()
    said = [element.value for element in app.text]
    app.select_slider(key="inside.layers.position").set_value(1).run()
    assert not app.exception and [element.value for element in app.text] != said
    assert said[0].startswith("Layer 2: the output: “") and "(KL divergence)" in said[0]
    assert np.isfinite(float(said[0].split(" bits")[0].rsplit(" ", 1)[1]))


def probed(app):
    app.button(key="inside.layers.probe").click().run()
    return app


@pytest.fixture
def forgotten():
    layers_probes._kept.clear()
    yield
    layers_probes._kept.clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_probes_are_asked_once_and_kept(open_page, here, forgotten, language):
    app = probed(open_page("inside", lang=language, view="layers", run=here["finished"]))
    assert not app.exception
    table = app.dataframe[-1].value
    assert set(table.iloc[:, 1]) == {translate("embedding", language), translate("layer {number}", language).format(number=1)}
    again = open_page("inside", lang=language, view="layers", run=here["finished"])
    assert not again.exception and again.dataframe[-1].value.equals(table)
    assert "inside.layers.probe" not in [button.key for button in again.button]


def test_probes_are_for_those_who_may_read_the_text(open_page, here, monkeypatch, forgotten):
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    app = open_page("inside", lang="en", view="layers", run=here["finished"])
    assert "They belong to someone else" in captions(app)
    assert "inside.layers.probe" not in [button.key for button in app.button]


def test_a_text_that_is_gone_and_one_without_held_out_lines_are_said(open_page, here, monkeypatch, forgotten):
    data = RunFolder.of(here["data"], here["finished"]).token_data()

    def gone(_):
        raise TextMissing()

    for found, said in ((gone, TextMissing().sentence), (lambda _: replace(data, validation=data.validation[:0]), "too short")):
        monkeypatch.setattr(RunFolder, "token_data", found)
        app = probed(open_page("inside", lang="en", view="layers", run=here["finished"]))
        assert not app.exception and said in captions(app)


def test_running_and_interrupted_runs_are_probed(open_page, here, forgotten):
    for situation in ("running", "interrupted"):
        assert not probed(open_page("inside", lang="en", view="layers", run=here[situation])).exception
