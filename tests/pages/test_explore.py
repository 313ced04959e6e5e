"""Explore: every view in every situation, what it says about odd input, and the way from a token to why it is there."""

import numpy as np
import pytest

from lmcore.inference import probability
from lmcore.inference.trained import TrainedModel
from lmcore.tokenizers import WordTokenizer
from pages.parts import visitor
from pages.parts.explore import chain, scoring
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import input_checks, model_cache

VIEWS = ("next", "sentence", "why", "film")
ODD = {
    "nothing": "",
    "one character": "t",
    "spaces": "  \n ",
    "unknown": "ZZZ 9",
    "another script": "从前有一只小狐狸",
    "markup": "<b>the</b> **cat** $x$ ![x](http://127.0.0.1:9/x.png)",
    "long": "the cat sat on the mat " * 800,
}


@pytest.fixture
def trained(here):
    return model_cache.load(here["data"], visitor.store().run(here["finished"]))


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_itself(open_page, here, view, language, situation):
    app = open_page("explore", lang=language, view=view, run=here[situation])
    assert not app.exception
    assert app.session_state["explore.view"] == view


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("view", VIEWS)
def test_odd_texts_get_an_answer(open_page, here, view, text):
    app = open_page("explore", lang="en", view=view, run=here["finished"])
    app.text_area(key="explore.sentence" if view == "sentence" else "explore.context").set_value(text).run()
    assert not app.exception


def test_a_view_that_does_not_exist_is_the_first(open_page, here):
    assert open_page("explore", view="nonsense", run=here["finished"]).session_state["explore.view"] == "next"


def test_texts_stay_while_other_views_are_shown(open_page, here):
    app = open_page("explore", lang="en", view="next", run=here["finished"])
    app.text_area(key="explore.context").set_value("the dog").run()
    app.slider(key="explore.temperature").set_value(0.5).run()
    app.button_group(key="explore.view").set_value("sentence").run()
    app.text_area(key="explore.sentence").set_value("the mat").run()
    app.button_group(key="explore.view").set_value("film").run()
    assert app.text_area(key="explore.context").value == "the dog"
    app.button_group(key="explore.view").set_value("next").run()
    assert app.slider(key="explore.temperature").value == 0.5
    app.button_group(key="explore.view").set_value("sentence").run()
    assert app.text_area(key="explore.sentence").value == "the mat"
    assert app.query_params["view"] in ("sentence", ["sentence"])


def test_a_token_of_a_sentence_leads_to_why(open_page, here, trained):
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    app.text_area(key="explore.sentence").set_value("the cat sat").run()
    app.session_state["chain.tokens.chosen"] = (4, trained.encode("the cat sat").astype(np.int64).tobytes())
    app.run()
    app.button(key="chain.why").click().run()
    assert app.session_state["explore.view"] == "why"
    assert app.text_area(key="explore.context").value == "the "
    assert "c" in [block.value for block in app.code]


def test_shuffling_fills_the_second_box(open_page, here):
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    app.text_area(key="explore.sentence").set_value("the cat sat on").run()
    app.button(key="explore.shuffle").click().run()
    second = app.text_area(key="explore.second").value
    assert sorted(second.split()) == ["cat", "on", "sat", "the"] and second != "the cat sat on"
    assert not app.exception and any("as likely as the" in info.value for info in app.info)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_of_the_training_text_are_for_those_who_may_read_it(open_page, here, monkeypatch, language):
    sentence = translate(
        "The training text belongs to someone else, so its lines are not shown: only how often something stands in it.", language
    )
    address = {"lang": language, "view": "why", "run": here["finished"]}
    before = translate("Before it", language)

    def shown():
        app = open_page("explore", **address)
        return [caption.value for caption in app.caption], [name for frame in app.dataframe for name in frame.value.columns]

    captions, columns = shown()
    assert sentence not in captions and before in columns
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    captions, columns = shown()
    assert sentence in captions and before not in columns
    assert translate("There so often", language) in columns  # counts are for everyone


def test_a_shuffled_sentence_follows_the_one_it_was_made_of(open_page, here):
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    app.text_area(key="explore.sentence").set_value("the cat sat").run()
    app.button(key="explore.shuffle").click().run()
    app.text_area(key="explore.sentence").set_value("the log and mat").run()
    assert sorted(app.text_area(key="explore.second").value.split()) == ["and", "log", "mat", "the"]
    app.text_area(key="explore.second").set_value("a second of my own").run()
    app.text_area(key="explore.sentence").set_value("the dog").run()
    assert app.text_area(key="explore.second").value == "a second of my own"


def test_without_smoothing_the_impossible_is_said(open_page, here):
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    app.text_area(key="explore.sentence").set_value("the tac").run()
    app.selectbox(key="explore.smoothing").set_value("none").run()
    table = next(frame.value for frame in app.dataframe if "Model" in frame.value.columns)
    row = table[table["Model"] == "5-gram"].iloc[0]
    assert (row["Probability of the whole"], row["Perplexity"], row["Bits per byte"]) == ("0%", "∞", "∞")
    assert any(caption.value.startswith("∞: this model holds one") for caption in app.caption)
    app.button_group(key="explore.view").set_value("next").run()
    assert any(caption.value.startswith("Without smoothing") for caption in app.caption)


@pytest.mark.parametrize(("text", "warned"), [("从前有一只小狐狸", True), ("the cat", False), ("", False), ("123 !?", False)])
def test_another_script_is_explained(open_page, here, text, warned):
    app = open_page("explore", lang="en", view="next", run=here["finished"])
    app.text_area(key="explore.context").set_value(text).run()
    assert any("another script" in warning.value for warning in app.warning) == warned


def test_a_long_sentence_is_scored_as_far_as_it_is_read(trained):
    text = "the cat sat on the mat " * 200
    marked, found = scoring.score(trained, text)
    assert len(found.ids) == scoring.MOST_TOKENS and marked == text[: scoring.MOST_TOKENS]
    assert scoring.score(trained, "") is None


def test_the_text_before_a_token_is_what_one_would_type(trained):
    items = TrainedModel(trained.fetch, WordTokenizer.train("\x1ethe cat\x1ea dog\x1e"), 1, "lines")
    assert chain.before_token(items, items.marked("the cat\na dog"), 4) == "the cat\na "
    assert chain.before_token(trained, "the cat", 0) == ""


def test_scripts_are_told_by_letters_alone():
    assert input_checks.scripts("Ab 中 д 12!?") == {"LATIN": 2, "CJK": 1, "CYRILLIC": 1}
    assert not input_checks.in_another_script(input_checks.scripts("ab 中"), input_checks.scripts("latin"))
    assert input_checks.in_another_script(input_checks.scripts("да"), input_checks.scripts("latin" * 100 + "д"))


def test_the_bars_and_the_table_agree(open_page, here, trained):
    app = open_page("explore", lang="en", view="next", run=here["finished"])
    table = next(frame.value for frame in app.dataframe if "this run" in frame.value.columns)
    expected = np.sort(np.exp(probability.next_token(trained.model, trained.encode("the ca"))))[::-1][: len(table)]
    assert np.allclose(table["this run"], expected)
    assert list(table.columns[:3]) == ["Token", "this run", "uniform"]
    assert [name for name in table.columns if name.endswith("gram")] == [f"{order}-gram" for order in (1, 2, 3, 4, 5)]


def test_the_view_follows_the_address(open_page, here):
    app = open_page("explore", run=here["finished"], lang="en", view="film")
    assert app.session_state["explore.view"] == "film"
    app.query_params["view"] = "sentence"  # as the back button does
    app.run()
    assert app.session_state["explore.view"] == "sentence" and not app.exception
    del app.query_params["view"]
    app.run()
    assert app.session_state["explore.view"] == "next"
