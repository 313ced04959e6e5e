"""Words as points: in every language and situation, what is said of the map, and what is not shown to strangers."""

from dataclasses import replace

import numpy as np
import pytest

from lmcore.models import NeuralLanguageModel, build_model
from lmcore.runs.run_folder import RunFolder
from pages.parts import visitor
from pages.parts.inside import words
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import model_cache
from tests.lmcore.examples import small


def captions(app) -> str:
    return "\n".join(element.value for kind in ("caption", "info", "warning", "markdown") for element in app.get(kind))


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_shows_itself(open_page, here, language, situation):
    app = open_page("inside", lang=language, view="words", run=here[situation])
    assert not app.exception and app.session_state["inside.view"] == "words"
    assert len(app.get("plotly_chart")) == 2  # the map, and the film
    near, table, frames = (element.value for element in app.dataframe)
    assert len(near) == 10 and len(frames) > 3
    assert translate("How training moved them", language) in [element.value for element in app.subheader]


def test_a_token_is_found_and_its_neighbours_are_those_of_the_vectors(open_page, here):
    app = open_page("inside", lang="en", view="words", run=here["finished"])
    trained = model_cache.load(here["data"], visitor.store().run(here["finished"]))
    token = trained.tokenizer.vocabulary.index("t")
    app.selectbox(key="inside.words.token").set_value(token).run()
    vectors = trained.network.embedding.weight.detach().numpy()
    cosines = vectors @ vectors[token] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[token])
    first = app.dataframe[0].value.iloc[0]
    best = np.argsort(-cosines)[1]
    assert first["Cosine"] == pytest.approx(cosines[best], abs=1e-3)
    assert first["Token"] == trained.tokenizer.vocabulary[best].replace(" ", "␣").replace("\n", "⏎")


def test_counts_are_for_those_who_may_read_the_text(open_page, here, monkeypatch):
    def shown():
        app = open_page("inside", lang="en", view="words", run=here["finished"])
        assert not app.exception
        return list(app.dataframe[1].value.columns), app.button_group(key="inside.words.colour").options

    columns, ways = shown()
    assert "Count" in columns and "frequency" in ways
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    columns, ways = shown()
    assert "Count" not in columns and "frequency" not in ways


def test_colours_by_frequency(open_page, here):
    app = open_page("inside", lang="en", view="words", run=here["finished"])
    app.button_group(key="inside.words.colour").set_value("frequency").run()
    assert not app.exception and "The more frequent half" in captions(app)


def test_a_film_that_is_gone_is_said(open_page, here, monkeypatch):
    words._frames.clear()
    monkeypatch.setattr(RunFolder, "frames", lambda self: [])
    app = open_page("inside", lang="en", view="words", run=here["finished"])
    assert not app.exception and "The snapshots of this run are gone" in captions(app)
    words._frames.clear()


@pytest.mark.parametrize(("types", "said"), [(1, "a single token"), (2, "has only 1 dimensions")])
def test_small_vocabularies_and_vectors_of_one_number(open_page, here, monkeypatch, types, said):
    """A model whose vocabulary and vectors are as small as can be."""
    load = model_cache.load
    network = build_model(small(embedding_size=1, hidden_size=1), types)
    model = NeuralLanguageModel(network, np.array([0]))

    def smallest(*args, **settings):
        trained = load(*args, **settings)
        tokenizer = type(trained.tokenizer)(trained.tokenizer.vocabulary[1:types])
        return replace(trained, fetch=lambda: model, tokenizer=tokenizer)

    for cached in (words._frames, words._plane):
        cached.clear()
    monkeypatch.setattr(model_cache, "load", smallest)
    monkeypatch.setattr(words.ngram_cache, "counts", lambda *_: None)
    app = open_page("inside", lang="en", view="words", run=here["finished"])
    assert not app.exception and said in captions(app)
    for cached in (words._frames, words._plane):
        cached.clear()


def test_tied_weights_are_said(open_page, here, monkeypatch):
    load = model_cache.load

    def tied(*args, **settings):
        trained = load(*args, **settings)
        network = build_model(small(embedding_size=16, tied=True), trained.tokenizer.vocabulary_size)
        return replace(trained, fetch=lambda: NeuralLanguageModel(network, trained.opening))

    monkeypatch.setattr(model_cache, "load", tied)
    app = open_page("inside", lang="en", view="words", run=here["finished"])
    assert not app.exception and "tied weights" in captions(app)
