"""Writing: drawing, choosing and stepping back; the copy meter; who may read lines of the training text."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.inference import writing
from lmcore.inference.sampling import Sampling, generate
from lmcore.inference.writing import Writing
from lmcore.tokenizers import SubwordTokenizer
from pages.parts import visitor
from pages.parts.components import token_names
from pages.parts.language import translate
from pages.parts.run import model_cache, ngram_cache
from pages.parts.write import continuations, copy_meter, editor
from tests.pages.situations import TEXT

WARM = Sampling(temperature=0.9)


@pytest.fixture
def trained(here):
    return model_cache.load(here["data"], visitor.store().run(here["finished"]))


def a_text(trained, prompt="the ca", tokens=0, settings=WARM, seed=3) -> Writing:
    text = Writing(prompt, trained.encode(prompt), remaining=tokens)
    text.write(trained, settings, seed, tokens)
    return text


@pytest.mark.parametrize("prompt", ["the ca", ""])
def test_a_text_is_what_the_core_generates(trained, prompt):
    expected = list(generate(trained.model, trained.encode(prompt), 30, WARM, seed=3, never=(0,)))
    assert a_text(trained, prompt, 30).ids().tolist() == expected
    in_parts = a_text(trained, prompt, 11)
    for _ in range(19):
        in_parts.draw(trained, WARM, seed=3)
    assert in_parts.ids().tolist() == expected


def test_stepping_back_restores_what_was(trained):
    text = a_text(trained, tokens=12)
    tokens, top = list(text.tokens), text.next_token(trained, WARM)
    for _ in range(5):
        text.draw(trained, WARM, seed=3)
    later = list(text.tokens)
    for _ in range(5):
        text.step_back()
    assert text.tokens == tokens
    again = text.next_token(trained, WARM)
    assert again.ids.tolist() == top.ids.tolist()
    assert_allclose(again.before, top.before, rtol=1e-5)
    for _ in range(5):
        text.draw(trained, WARM, seed=3)
    assert [(token.id, token.random_number) for token in text.tokens] == [(token.id, token.random_number) for token in later]


def test_stepping_back_from_nothing_is_nothing(trained):
    text = a_text(trained)
    text.step_back()
    assert text.tokens == []


def test_choosing_appends_the_chosen_token(trained):
    text = a_text(trained, tokens=3)
    rare = int(text.last(trained)[0].argmin())
    chosen = text.choose(trained, Sampling(top_k=1), rare)
    assert text.ids()[3] == rare and chosen.random_number is None
    assert chosen.interval == (1.0, 1.0)  # top-k had cut it off
    expected = list(generate(trained.model, np.append(trained.encode("the ca"), text.ids()), 1, Sampling(temperature=0)))
    assert text.draw(trained, Sampling(temperature=0), seed=3).id == expected[0]  # the model has read it


def test_writing_ends_after_a_stop_and_when_the_text_is_full(trained, monkeypatch):
    stop = frozenset(trained.tokenizer.encode(" ").tolist())
    text = a_text(trained)
    text.remaining = 400
    text.write(trained, Sampling(temperature=0.3), 3, 400, stop)
    assert text.remaining == 0 and text.texts(trained).index(" ") == len(text.tokens) - 1
    monkeypatch.setattr(writing, "MOST", 4)
    assert len(a_text(trained, tokens=9).tokens) == 4


@pytest.mark.parametrize(
    ("text", "cut", "shown"),
    [
        ("语", 3, ["", "", "语"]),
        ("语", 2, ["", "<E8 AF>"]),  # nothing has completed it yet
        ("a语b", 5, ["a", "", "", "语", "b"]),
        ("é😀", 6, ["", "é", "", "", "", "😀"]),
        ("é😀", 4, ["", "é", "", "<F0 9F>"]),
    ],
)
def test_a_character_is_shown_when_its_last_byte_has_come(text, cut, shown):
    trained = SimpleNamespace(tokenizer=SubwordTokenizer.train("plain", 260), kind="stream")
    ids = trained.tokenizer.encode(text)[:cut]
    assert writing.pieces(trained, "", [], ids) == shown
    assert token_names.in_text(trained.tokenizer, ids) == shown


def test_the_first_written_token_may_complete_the_last_of_the_prompt():
    trained = SimpleNamespace(tokenizer=SubwordTokenizer.train("plain", 260), kind="stream")
    ids = trained.tokenizer.encode("语言")
    assert writing.pieces(trained, "语", ids[:4], ids[4:]) == ["", "言"]
    assert token_names.next_names(trained.tokenizer, ids[:5], [int(ids[5]), int(ids[0])]) == {
        int(ids[5]): "<80> 言",
        int(ids[0]): "<E8>",
    }
    assert token_names.in_a_row(trained.tokenizer, ids[:3]) == ["<E8>", "<AF>", "<AD> 语"]


@pytest.mark.parametrize("settings", [Sampling(), Sampling(temperature=2.0), Sampling(top_k=2), Sampling(temperature=0)], ids=str)
def test_the_bar_is_cut_into_intervals_and_the_number_lies_on_the_drawn_one(trained, settings, monkeypatch):
    monkeypatch.setattr(writing, "KEPT", 5)  # so that some tokens drawn are none of them
    kinds = set()
    text = a_text(trained, tokens=40, settings=settings)
    for position, token in enumerate(text.tokens):
        bar = editor.number_bar(trained, text, position)
        bounds = [(part["low"], part["high"]) for part in bar["intervals"]]
        assert_allclose([low for low, _ in bounds], [0.0, *(high for _, high in bounds[:-1])], atol=1e-4)
        assert_allclose(bounds[-1][1], 1.0, atol=1e-4)
        (hit,) = (part for part in bar["intervals"] if part["part"] == "hit")
        assert hit["text"] == trained.tokenizer.vocabulary[token.id]
        assert hit["low"] <= token.random_number < hit["high"]
        assert bar["number"] == (None if settings.temperature == 0 else token.random_number)
        kinds.add(token.id in token.top.ids)
    assert kinds == (
        {True, False} if settings.temperature == 2.0 else {True} if settings.top_k or not settings.temperature else kinds
    )


def test_a_text_cut_from_the_corpus_is_copied_and_shuffled_tokens_are_not(here, trained):
    run = visitor.store().run(here["finished"])
    ids = trained.encode(TEXT[7:407])
    assert copy_meter.of_text(run, trained, ids).share == 1.0
    assert copy_meter.of_text(run, trained, np.random.default_rng(1).permutation(ids)).share == 0.0
    assert copy_meter.held_out_share(run, trained) == 1.0  # this text is one line again and again


def test_the_meter_along_training_has_a_point_for_every_evaluation(here, trained):
    run = visitor.store().run(here["finished"])
    steps, shares = copy_meter.along_training(run.id, None, 25, run, trained)
    evaluations = visitor.store().evaluations(run.id)
    assert steps == [evaluation.step for evaluation in evaluations]
    assert shares == [copy_meter.of_text(run, trained, trained.encode(each.sample)).share for each in evaluations]


@pytest.mark.parametrize("order", [1, 2, 5])
def test_a_counting_model_continues_the_whole_prompt(here, trained, order):
    run = visitor.store().run(here["finished"])
    model, prompt = ngram_cache.ngram(here["data"], run, order), "the dog sat on the "
    ids = continuations._generated("test", 0, order, prompt, WARM, 3, trained.with_model(model), a_text(trained, prompt))
    assert ids.tolist() == list(generate(model, trained.encode(prompt), 200, WARM, seed=3, never=(0,)))


def on_page(app) -> Writing:
    (text,) = app.session_state["write.texts"].values()
    return text


def write_on(app):
    app.button(key="write.on").click().run()
    while on_page(app).remaining:
        app.run()


def test_write_on_step_back_start_again(open_page, here, trained):
    app = open_page("write", run=here["finished"], lang="en")
    write_on(app)
    expected = list(generate(trained.model, trained.encode("the ca"), 120, Sampling(temperature=0.8), seed=1, never=(0,)))
    assert on_page(app).ids().tolist() == expected
    app.button(key="write.back").click().run()
    assert on_page(app).ids().tolist() == expected[:-1]
    app.button(key="write.one").click().run()
    assert on_page(app).ids().tolist() == expected
    app.button(key="write.again").click().run()
    assert on_page(app).tokens == [] and app.button(key="write.back").disabled
    app.number_input(key="write.seed").set_value(2)
    write_on(app)
    assert len(on_page(app).tokens) == 120 and on_page(app).ids().tolist() != expected
    assert not app.exception


def test_it_can_be_stopped(open_page, here):
    app = open_page("write", run=here["finished"])
    app.button(key="write.on").click().run()
    written = len(on_page(app).tokens)
    app.button(key="write.stop").click().run()
    assert 0 < written < 120 and len(on_page(app).tokens) == written and on_page(app).remaining == 0


def test_another_prompt_is_another_text(open_page, here):
    app = open_page("write", run=here["finished"])
    app.button(key="write.one").click().run()
    app.text_area(key="write.prompt").set_value("").run()
    assert on_page(app).tokens == [] and on_page(app).prompt == ""
    app.button(key="write.one").click().run()
    assert len(on_page(app).tokens) == 1 and not app.exception


def test_a_text_is_kept_while_another_run_is_looked_at(open_page, here):
    app = open_page("write", run=here["finished"])
    app.text_area(key="write.prompt").set_value("a dog").run()
    app.button(key="write.one").click().run()
    app.query_params["run"] = here["other"]
    app.run()
    assert app.text_area(key="write.prompt").value == "the ca"
    app.query_params["run"] = here["finished"]
    app.run()
    text = app.session_state["write.texts"][here["finished"]]
    assert app.text_area(key="write.prompt").value == text.prompt == "a dog" and len(text.tokens) == 1


def test_unknown_characters_are_said_to_be_unknown(open_page, here):
    app = open_page("write", run=here["finished"], lang="en")
    app.text_area(key="write.prompt").set_value("the 猫 ☃").run()
    assert "Not in this model's vocabulary, so read as “unknown”:" in [warning.value for warning in app.warning]
    assert "猫 · ☃" in [text.value for text in app.text]


def see(app, view: str):
    return app.segmented_control(key="write.view_below").set_value(view).run()


def test_every_view_shows_itself(open_page, here):
    app = open_page("write", run=here["finished"], lang="en")
    for view in ("counting", "copied", "temperatures"):
        assert not see(app, view).exception
    see(app, "counting")
    assert {"**2-gram**", "**5-gram**", "**The network**"} <= {markdown.value for markdown in app.markdown}


ONLY_FOR_THE_OWNER = "Where these passages stand in the training text is shown to its owner only."


def test_lines_of_the_training_text_are_for_its_owner(open_page, here, trained, monkeypatch):
    app = open_page("write", run=here["finished"], lang="en")
    for token_id in trained.encode("t sat on the mat and the dog sat on the log"):
        on_page(app).choose(trained, WARM, int(token_id))
    see(app, "copied")
    assert [metric.value for metric in app.metric] == ["100%", "43", "100%"]
    (table,) = app.dataframe
    (row,) = table.value.to_dict("records")
    assert row == {"Tokens": 43, "before": "the ca", "Copied": "t sat on the mat and the dog sat on the log", "after": "⏎the cat"}
    assert ONLY_FOR_THE_OWNER not in {caption.value for caption in app.caption}
    monkeypatch.setattr(visitor, "current", lambda: "ben")
    app = open_page("write", run=here["finished"], lang="en")
    for token_id in trained.encode("t sat on the mat and the dog sat on the log"):
        on_page(app).choose(trained, WARM, int(token_id))
    see(app, "copied")
    assert not app.dataframe and not app.exception
    assert ONLY_FOR_THE_OWNER in {caption.value for caption in app.caption}
    assert [metric.value for metric in app.metric] == ["100%", "43", "100%"]  # the numbers are for everyone


def test_the_shortest_passage_that_counts_can_be_chosen(open_page, here, trained):
    app = open_page("write", run=here["finished"], lang="en")
    for token_id in trained.encode("at on the log sat t"):
        on_page(app).choose(trained, WARM, int(token_id))
    see(app, "copied")
    assert app.metric[0].value == "0%"  # no 25 characters of it stand in the text
    app.slider(key="write.least.character.chosen").set_value(5).run()
    assert app.metric[0].value == f"{18 / 19:.0%}"  # “at on the log” and “og sat ”
    see(app, "counting")
    assert see(app, "copied").slider(key="write.least.character.chosen").value == 5


def test_without_counts_the_page_says_so(open_page, here, monkeypatch):
    monkeypatch.setattr(copy_meter.ngram_cache, "counts", lambda *_: None)
    app = open_page("write", run=here["finished"], lang="zh")
    said = translate("The training text of this run has not been counted.", "zh")
    for view in ("counting", "copied"):
        see(app, view)
        assert said in [info.value for info in app.info] and not app.exception
