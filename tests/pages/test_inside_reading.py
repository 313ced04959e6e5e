"""Inside, while it reads: states, a unit, the labels it follows, and what is lost without it."""

import math
from dataclasses import replace

import pytest

from lmcore.config import FAMILIES
from lmcore.inspection import ablation, states
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from pages.parts import visitor
from pages.parts.inside import knock_out, reading, reading_labels
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import model_cache
from sample_corpora import SAMPLES
from tests.lmcore.examples import small


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_shows_itself(open_page, here, language, situation):
    app = open_page("inside", lang=language, view="reading", run=here[situation])
    assert not app.exception
    titles = ["One unit", "Which unit follows …?", "Knock out units"]
    assert [header.value for header in app.subheader] == [translate(title, language) for title in titles]


@pytest.mark.parametrize("text", ["t", "ZZZ 9", "the cat sat " * 2_000, " \n "])
def test_odd_texts_get_an_answer(open_page, here, text):
    app = open_page("inside", lang="en", view="reading", run=here["finished"])
    app.text_area(key="inside.sentence").set_value(text).run()
    assert not app.exception
    said = "\n".join(info.value for info in app.info)
    assert ("Type a sentence" in said) == (not text.strip()) and ("Read here are the first 300 tokens" in said) == (
        len(text) > 2_000
    )


def test_the_unit_that_changes_most_is_looked_at_until_another_is_chosen(open_page, here):
    app = open_page("inside", lang="en", view="reading", run=here["finished"])
    app.text_area(key="inside.sentence").set_value("the cat sat on the mat").run()
    trained = model_cache.load(here["data"], visitor.store().run(here["finished"]))
    values = states.read(trained.model, trained.encode("the cat sat on the mat", whole=True))["h"][:, 0]
    app.number_input(key=reading.UNIT).set_value(1).run()
    assert app.number_input(key=reading.UNIT).value == 1
    app.number_input(key=reading.UNIT).set_value(values.shape[1]).run()
    assert not app.exception and "Unit" in "\n".join(caption.value for caption in app.caption if "error" in caption.value)


def test_what_is_lost_without_a_unit_stands_beside_random_sets(open_page, here, monkeypatch):
    monkeypatch.setattr(ablation, "CONTROLS", 3)
    monkeypatch.setattr(ablation, "MOST", 300)
    app = open_page("inside", lang="en", view="reading", run=here["finished"])
    trained = model_cache.load(here["data"], visitor.store().run(here["finished"]))
    key = f"inside.knock_out.units.{here['finished']}.0"
    app.multiselect(key=key).set_value([2, 5]).run()
    data = open_run(RunFolder.of(here["data"], here["finished"]).path).data
    held_out = ablation.lanes(data, ablation.affordable(trained.network))
    found = ablation.knock_out(trained.network, [(0, 2), (0, 5)], trained.network.output.in_features, held_out)
    said = "\n".join(words.value for words in app.markdown)
    expected = f"{math.exp(found.before):.3f} with all units, {math.exp(found.after):.3f} without these"
    assert not app.exception and expected in said
    app.multiselect(key=key).set_value([]).run()
    assert not app.exception


def of_size(monkeypatch, **changes):
    """Every run has random weights of another size."""
    load = model_cache.load

    def other(*args, **settings):
        trained = load(*args, **settings)
        network = build_model(small(**changes), trained.tokenizer.vocabulary_size)
        return replace(trained, fetch=lambda: NeuralLanguageModel(network, trained.opening))

    monkeypatch.setattr(model_cache, "load", other)
    for kept in (reading._states, reading._sample_values, reading._held_out, knock_out._lanes, knock_out._kept):
        kept.clear()  # by run and step, of other weights


@pytest.mark.parametrize(
    "changes", [*({"family": family, "layers": 2} for family in FAMILIES), {"family": "rnn", "hidden_size": 1}], ids=str
)
def test_every_family_and_a_single_unit(open_page, here, monkeypatch, changes):
    of_size(monkeypatch, **changes)
    monkeypatch.setattr(ablation, "CONTROLS", 3)
    app = open_page("inside", lang="en", view="reading", run=here["finished"])
    app.button(key="inside.reading.look").click().run()
    app.button(key="inside.knock_out.add").click().run()
    said = "\n".join(words.value for words in app.markdown)
    assert not app.exception and "Perplexity of" in said
    assert ("no other set to compare with" in said) == (changes.get("hidden_size") == 1)
    for kept in (reading._states, reading._sample_values, reading._held_out, knock_out._lanes, knock_out._kept):
        kept.clear()


def test_the_gate_and_the_unit_that_are_drawn_stay_while_another_view_is_looked_at(open_page, here):
    app = open_page("inside", lang="en", view="reading", run=here["finished"])
    app.button_group(key="inside.reading.part").set_value("forget").run()
    app.number_input(key=reading.UNIT).set_value(3).run()
    app.button_group(key="inside.view").set_value("words").run()
    app.button_group(key="inside.view").set_value("reading").run()
    assert not app.exception and app.button_group(key="inside.reading.part").value == "forget"
    assert app.number_input(key=reading.UNIT).value == 3
    assert "how much of the cell is kept" in "\n".join(caption.value for caption in app.caption)


def test_strangers_are_told_that_the_held_out_text_is_not_theirs(open_page, here, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    app = open_page("inside", lang="en", view="reading", run=here["finished"])
    said = "\n".join(caption.value for caption in app.caption)
    assert not app.exception and "no held-out text that you may read" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_classes_of_a_grammar_are_among_the_labels(open_page, here, monkeypatch, language):
    monkeypatch.setattr(reading_labels, "word_classes", lambda run: {"cat": "noun, singular", "sat": "verb, singular"})
    app = open_page("inside", lang=language, view="reading", run=here["finished"])
    names = [
        translate("word class: {name}", language).format(name=translate(name, language))
        for name in ("noun, singular", "verb, singular")
    ]
    assert {*names} <= {*app.selectbox(key="inside.reading.label").options}
    app.selectbox(key="inside.reading.label").set_value("class:noun, singular").run()
    assert not app.exception
    assert {*SAMPLES["village"].word_classes.values()} == reading_labels.class_names().keys()
