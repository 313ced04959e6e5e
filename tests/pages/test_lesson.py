"""The lessons: their files, each step of each walked through in every language, what completes a step, and what is kept."""

import json
import math
import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from lmcore import presets
from lmcore.config import TokenizerConfig
from lmcore.inference import probability
from lmcore.inspection import article_code
from lmcore.runs.store import marks, visitors
from lmcore.text.corpus import Corpus
from lmcore.tokenizers import build_tokenizer
from lmcore.training.breaking import BROKEN
from pages.parts import demos, visitor
from pages.parts.language import LANGUAGES, LOCALES, translate
from pages.parts.lesson import conditions
from pages.parts.lesson.lessons import FOLDER, OFFERED, lessons, parse
from sample_corpora import SAMPLES
from sample_corpora.tasks import TASKS
from tests.pages.conftest import MENU
from tests.pages.situations import OWNER

MOST_WORDS, MOST_CHARACTERS = 60, 120  # of a text of a step, in English and in Chinese
IDS = [path.stem for path in sorted((FOLDER / "en").glob("*.md"))]
STEPS = [(lesson.id, step.id) for lesson in lessons("en").values() for step in lesson.steps]


def whole(lesson_id: str, language: str):
    """A lesson as its file has it, with steps whose page is missing."""
    return parse((FOLDER / LOCALES.get(language, language) / f"{lesson_id}.md").read_text(encoding="utf-8"), lesson_id)


def length(text: str, language: str) -> int:
    """Words of English; characters of Chinese, where a number or a Latin word counts as one."""
    return len(text.split()) if language == "en" else len(re.findall(r"[A-Za-z0-9.]+|[^\s\W]", text))


# the files


def test_every_language_has_the_same_lessons():
    for language in LANGUAGES:
        assert [path.stem for path in sorted((FOLDER / LOCALES.get(language, language)).glob("*.md"))] == IDS
        assert list(lessons(language)) == list(OFFERED) and sorted(OFFERED) == IDS


@pytest.mark.parametrize("lesson_id", IDS)
def test_languages_agree_in_all_but_words(lesson_id):
    def shape(language: str):
        lesson = whole(lesson_id, language)
        steps = [
            (
                step.id,
                step.page,
                step.view,
                step.run,
                step.done,
                step.kind,
                [answer.right for answer in step.answers],
                bool(step.task),
            )
            for step in lesson.steps
        ]
        return lesson.minutes, steps

    assert shape("en") == shape("zh")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson_id", IDS)
def test_each_step_is_short_and_complete(lesson_id, language):
    lesson = whole(lesson_id, language)
    assert len({step.id for step in lesson.steps}) == len(lesson.steps)
    most = MOST_WORDS if language == "en" else MOST_CHARACTERS
    for step in lesson.steps:
        assert {name: length(text, language) for name, text in vars(step).items() if name in ("text", "task", "reveal")
                and length(text, language) > most} == {}, step.id  # fmt: skip
        assert step.done in conditions.CONDITIONS and step.kind in ("choice", "words", "curve"), step.id
        assert step.goal and step.text and step.asked and step.reveal and (step.task or step.done == "answered"), step.id
        assert sum(answer.right for answer in step.answers) == (step.kind == "choice"), step.id
        assert all(bool(answer.feedback) != answer.right for answer in step.answers), step.id


def test_a_file_that_is_none_is_refused():
    with pytest.raises(ValueError, match="unknown"):
        parse("# A\nminutes: 1\n\nB\n\n## C\nid: c\ngoal: d\npage: home\ncolour: red\n\ntext\n\n### reveal\nso", "a")
    with pytest.raises(ValueError, match="name: value"):
        parse("# A\nminutes 1\n\nB", "a")


def test_a_step_without_its_page_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setattr("pages.parts.lesson.lessons.FOLDER", tmp_path)
    (tmp_path / "en").mkdir()
    step = "## C\nid: {id}\ngoal: d\npage: {page}\n\ntext\n\n### question\nq\n\n- [x] yes\n\n### reveal\nso\n"
    parts = [step.format(id="here", page="home"), step.format(id="nowhere", page="moon")]
    (tmp_path / "en" / "article.md").write_text("# A\nminutes: 1\n\nB\n\n" + "\n".join(parts), encoding="utf-8")
    assert [one.id for one in lessons("en")["article"].steps] == ["here"]


# the numbers in them


def said(lesson_id: str, step_id: str, language: str) -> str:
    step = whole(lesson_id, language).step(step_id)
    assert step.id == step_id
    right = [answer.text for answer in step.answers if answer.right]
    return "\n".join([step.text, step.asked, *right, step.task, step.reveal])


@pytest.mark.parametrize(("language", "before", "after"), [("en", "the", "cat"), ("zh", "小", "猫")])
def test_the_pairs_counted_by_hand_are_those_that_the_tokenizer_gives(language, before, after):
    words = said("article", "count", language)
    line = re.search(r"^\*(.+)\*$", words, re.MULTILINE)[1]
    tokenizer = build_tokenizer(TokenizerConfig(level="word" if language == "en" else "character"), line)
    tokens = [tokenizer.vocabulary[i] for i in tokenizer.encode(line)]
    assert len(tokens) == 20
    following = [second for first, second in zip(tokens, tokens[1:], strict=False) if first == before]
    assert f"\n{following.count(after)}/{len(following)}\n" in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_loss_is_that_of_the_example(language):
    sample = SAMPLES[demos.SAMPLE[language]]
    corpus = Corpus.from_text(sample.text(), sample.kind)
    types = build_tokenizer(TokenizerConfig(level=sample.tokenizer), corpus.train).vocabulary_size
    assert f"V = {types}" in said("article", "train", language)
    assert f"ln {types} = {math.log(types):.2f}" in said("article", "train", language)


def test_the_cost_of_three_tokens_and_of_their_sentence():
    log_probs = np.log([1 / 2, 1 / 4, 1 / 8])
    score = probability.TextScore(np.arange(3), log_probs, np.zeros(3), np.ones(3))
    wrong = [float(np.exp(log_probs).mean()), -score.total]
    for language in LANGUAGES:
        words = said("article", "cost", language)
        assert f"\n{score.cross_entropy:.2f}\n" in words
        assert all(f"{-value:.2f}" in words for value in log_probs)
        others = [answer.text for answer in whole("article", language).step("cost").answers if not answer.right]
        assert others == [f"{value:.2f}" for value in wrong]
        assert f"\n{score.perplexity:.0f}\n" in said("article", "chain", language)
        assert f"1/{math.exp(-score.total):.0f}" in said("article", "chain", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_of_broken_runs_are_theirs(language):
    steep, heart, one = (BROKEN[code] for code in ("rate_too_high", "twelve_lines", "context_of_one"))
    times = round(steep.config.training.learning_rate / steep.mended.training.learning_rate)
    assert re.search(rf"\b{times} (times|倍)", said("break_it", "too-fast", language))
    assert f" {heart.config.model.hidden_size} " in said("break_it", "by-heart", language)
    assert f" {one.config.model.hidden_size} " in said("break_it", "one-token", language)
    slow = f"{BROKEN['rate_too_low'].config.training.learning_rate:.5f}"
    assert any(slow in answer.feedback for answer in whole("break_it", language).step("mended").answers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_numbers_are_right(language):
    weight = torch.nn.Parameter(torch.tensor([0.5]))
    weight.grad = torch.tensor([0.2])
    torch.optim.SGD([weight], lr=0.1).step()
    assert f"\n{weight.item():.2f}\n" in said("article", "rate", language)
    assert f"{0.8**20:.3f}" in said("article", "back", language) and round(0.8**20 * 100) == 1
    model = presets.preset(presets.TRY_IT_SECONDS, SAMPLES[demos.SAMPLE[language]].tokenizer).model
    assert (model.family, model.layers) == ("lstm", 1) and str(model.hidden_size) in said("article", "memory", language)
    shape = tuple(
        torch.nn.Embedding(9, article_code.EMBEDDING)(torch.zeros(article_code.LANES, article_code.STEPS, dtype=int)).shape
    )
    assert f"\n{shape}\n" in said("article", "code", language)
    sample = SAMPLES[demos.SAMPLE[language]]
    corpus = Corpus.from_text(sample.text(), sample.kind)
    types = build_tokenizer(TokenizerConfig(sample.tokenizer), corpus.train).vocabulary_size
    assert f"{types} × {model.embedding_size} = {types * model.embedding_size:,}" in said("article", "large", language)
    operations = 6 * 175e9 * 300e9
    years = operations / 100e9 / (365.25 * 86_400)
    assert f"{operations / 1e23:.2f} · 10²³" in said("article", "large", language) and round(years, -4) == 100_000
    assert f"{175 * 2} GB" in said("article", "large", language)
    types = {"en": 60, "zh": 1000}[language]
    assert f"ln {types} = {math.log(types):.2f}" in said("own_text", "train", language)
    labels = {answer for task in TASKS.values() if task.id == f"reviews-{language}" for _prompt, answer in task.held_out()}
    assert all(f"P({label} |" in said("article", "uses", language) for label in labels)


# walked


@pytest.fixture
def happened(monkeypatch):
    """The names of conditions that hold."""
    names = {"answered"}
    for name in conditions.CONDITIONS:
        monkeypatch.setitem(conditions.CONDITIONS, name, lambda _here, name=name: name in names)
    return names


def open_lesson(language: str) -> AppTest:
    app = AppTest.from_file(MENU, default_timeout=60)
    app.query_params["lang"] = language
    return app.run().switch_page("lesson.py").run()


def kept(lesson_id: str, step_id: str):
    return visitors.lessons(visitor.store(), OWNER)[lesson_id].steps[step_id]


def on_card(app) -> list[str]:
    return [element.value for kind in ("markdown", "info", "warning", "success") for element in app.get(kind)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("lesson_id", "step_id"), STEPS)
def test_each_step_is_guessed_done_and_seen(here, happened, lesson_id, step_id, language):
    step = lessons(language)[lesson_id].step(step_id)
    visitors.begin_lesson(visitor.store(), OWNER, lesson_id, step_id)
    app = open_lesson(language)
    key = f"lesson.{lesson_id}.{step_id}"
    assert not app.exception and any(step.title in one.label for one in app.expander)
    assert step.text in on_card(app) and step.reveal not in on_card(app) and (step.task or "no task") not in on_card(app)
    for index, answer in enumerate(step.answers):
        if not answer.right:
            app.radio(key=key).set_value(index).run()
            assert any(one.startswith(answer.feedback) for one in on_card(app)) and step.reveal not in on_card(app)
            assert not kept(lesson_id, step_id).completed
    happened.discard("answered")
    if step.kind == "choice":
        app.radio(key=key).set_value([answer.right for answer in step.answers].index(True)).run()
    elif step.kind == "words":
        app.text_area(key=key).set_value("in my own words").run()
        app.button(key=f"{key}.keep").click().run()
    else:
        app.button(key=f"{key}.keep").click().run()
    assert step.reveal not in on_card(app) and not kept(lesson_id, step_id).completed
    assert not step.task or step.task in on_card(app)
    happened.add(step.done)
    app.run()
    assert step.reveal in on_card(app) and kept(lesson_id, step_id).completed and not app.exception
    if step.kind == "choice":
        first = step.answers[kept(lesson_id, step_id).first].text
        assert any(first in one and translate("your first guess", language) in one for one in on_card(app))


def test_a_drawn_curve_stays_beside_that_of_the_run(open_page, here):
    after_the_guess("article", "train")
    visitors.change_step(visitor.store(), OWNER, "article", "train", last=[6.0, 3.0, 1.0], completed=True)
    with visitor.store().database.writing() as connection:  # the first answer is the guess
        connection.execute("UPDATE lessons SET steps = replace(steps, '\"words\"', '[6.0, 3.0, 1.0]')")
    newest = next(run for run in visitor.store().runs(OWNER) if run.status == "finished")
    losses = visitor.store().steps(newest.id).loss
    points = " → ".join(f"{losses[index]:.1f}" for index in (0, len(losses) // 2, -1))
    said = [caption.value for caption in open_page("runs", lang="en").caption]
    assert f"Your guess: 6.0 → 3.0 → 1.0. The run, at its beginning, half and end: {points}." in said


def test_next_completes_nothing_and_what_is_skipped_says_so(here, happened):
    app = open_lesson("en")
    app.button(key="lesson.article.begin").click().run()
    first, second = lessons("en")["article"].steps[:2]
    app.button(key=f"lesson.{first.id}.next").click().run()
    assert visitors.lessons(visitor.store(), OWNER)["article"].shown_step == second.id
    assert kept("article", first.id).skipped and not kept("article", first.id).completed
    app = open_lesson("en")
    assert any("0 of" in element.proto.text and "1 skipped" in element.proto.text for element in app.get("progress"))


def test_it_is_kept_for_the_visitor_in_every_language_and_browser(here, happened, monkeypatch):
    app = open_lesson("en")
    app.button(key="lesson.article.begin").click().run()
    wrong = next(index for index, answer in enumerate(lessons("en")["article"].steps[0].answers) if not answer.right)
    app.radio(key="lesson.article.next").set_value(wrong).run()
    again = open_lesson("zh")
    feedback = lessons("zh")["article"].steps[0].answers[wrong].feedback
    assert again.radio(key="lesson.article.next").value == wrong and any(one.startswith(feedback) for one in on_card(again))
    code = visitors.new_code(visitor.store(), OWNER)
    monkeypatch.setattr(visitor, "current", lambda: "eve")
    assert not open_lesson("en").radio
    monkeypatch.setattr(visitor, "current", lambda: visitors.visitor_of(visitor.store(), code))
    assert open_lesson("en").radio(key="lesson.article.next").value == wrong


def test_leaving_hides_the_card_and_going_on_shows_it_again(here, happened):
    app = open_lesson("en")
    app.button(key="lesson.article.begin").click().run()
    app.button(key="lesson.next.leave").click().run()
    assert not app.radio
    app = open_lesson("en")
    app.button(key="lesson.article.go_on").click().run()
    assert app.radio(key="lesson.article.next").value is None


def test_going_on_after_the_last_step_leads_to_what_was_skipped(here, happened):
    steps = lessons("en")["article"].steps
    visitors.begin_lesson(visitor.store(), OWNER, "article", steps[-1].id)
    for step in (*steps[:3], *steps[4:]):
        visitors.change_step(visitor.store(), OWNER, "article", step.id, last=1, completed=True)
    visitors.leave_lesson(visitor.store(), OWNER)
    open_lesson("en").button(key="lesson.article.go_on").click().run()
    assert visitors.lessons(visitor.store(), OWNER)["article"].shown_step == steps[3].id


def test_begin_again_forgets(here, happened):
    visitors.begin_lesson(visitor.store(), OWNER, "article", "next")
    visitors.change_step(visitor.store(), OWNER, "article", "next", last=1, completed=True)
    open_lesson("en").button(key="lesson.article.begin").click().run()
    assert visitors.lessons(visitor.store(), OWNER)["article"].steps == {}


def test_without_cookies_it_says_why_there_is_none(here, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: None)
    app = open_lesson("en")
    assert any("cookies" in one.value for one in app.info) and not [
        one for one in app.button if one.key == "lesson.article.begin"
    ]


# what completes a step


def after_the_guess(lesson_id: str, step_id: str):
    """A step whose question was answered rightly; its lesson was begun before the runs of the test's visitor."""
    step = lessons("en")[lesson_id].step(step_id)
    visitors.begin_lesson(visitor.store(), OWNER, lesson_id, step_id)
    right = [answer.right for answer in step.answers].index(True) if step.answers else "words"
    visitors.change_step(visitor.store(), OWNER, lesson_id, step_id, last=right)
    with visitor.store().database.writing() as connection:
        connection.execute("UPDATE lessons SET created = '2000-01-01T00:00:00.000+00:00'")


def take_steps(app, rate: float):
    app.select_slider(key="inside.step.rate.muon").set_value(rate).run()
    app.button(key="inside.step.go10").click().run()


def write(app):
    app.button(key="write.one").click().run()


def look_for_copies(app):
    write(app)
    app.segmented_control(key="write.view_below").set_value("copied").run()


def remember(app, key: str, value):
    """What the page's own component leaves in the session when it is clicked, which a page test cannot do; see the browser's test."""
    app.session_state[key] = value
    app.run()


ON_PAGES = {  # (lesson, step) -> what is done on its page, with the run that is finished
    ("article", "next"): lambda app: app.text_input(key="home.context.en").set_value("the cat sat").run(),
    ("article", "cut"): lambda app: app.segmented_control(key="text.tokenizer").set_value("word").run(),
    ("article", "count"): lambda app: app.text_area(key="explore.context").set_value("the dog").run(),
    ("article", "step"): lambda app: app.button(key="inside.step.go1").click().run(),
    ("article", "rate"): lambda app: take_steps(app, 1.0),
    ("article", "cost"): lambda app: remember(app, "chain.tokens.chosen", (0, b"")),
    ("article", "chain"): lambda app: app.button(key="explore.shuffle").click().run(),
    ("article", "copy"): look_for_copies,
    ("article", "layers"): lambda app: app.button(key="inside.layers.probe").click().run().run(),
    ("article", "uses"): lambda app: remember(app, "applications.shown.run.longer", 50),
    ("article", "code"): lambda app: remember(app, "inside.code.ran", {("run", frozenset(article_code.FAULTS), False)}),
    ("article", "large"): lambda app: remember(app, "scale.seen", {"gpt3": 4}),
    ("article", "unknown"): lambda app: remember(app, "why.token", ("the ca", 1)),
    ("own_text", "cut"): lambda app: app.segmented_control(key="text.tokenizer").set_value("subword").run(),
    ("own_text", "score"): lambda app: remember(app, "chain.tokens.chosen", (0, b"")),
    ("own_text", "write"): write,
}
NOT_YET = {  # (lesson, step) -> what is done that is not enough
    ("article", "rate"): lambda app: take_steps(app, 0.01),
    ("article", "copy"): write,
    ("article", "large"): lambda app: remember(app, "scale.seen", {"nanochat": 2}),
    ("article", "code"): lambda app: remember(app, "inside.code.ran", {("run", frozenset({"names"}), False)}),
}
BY_LOOKING = [
    ("article", "held-out"),
    ("article", "memory"),
    ("article", "back"),
    ("own_text", "bring"),
    ("own_text", "by-heart"),
]
BY_RUNS = [("article", "train"), ("own_text", "train")]


BY_NOTES = {  # (lesson, step) -> what a run says that was broken on purpose, or mends one
    ("break_it", "too-fast"): marks.broken("rate_too_high", "explodes"),
    ("break_it", "mended"): marks.mended("rate_too_high", "run"),
    ("break_it", "by-heart"): marks.broken("twelve_lines", "flat"),
    ("break_it", "shuffled"): marks.broken("shuffled", "learns"),
    ("break_it", "one-token"): marks.broken("context_of_one", "pairs"),
}


def test_every_step_is_in_a_table():
    asked_for_no_more = {
        (lesson_id, step_id) for lesson_id, step_id in STEPS if lessons("en")[lesson_id].step(step_id).done == "answered"
    }
    assert {*ON_PAGES, *BY_LOOKING, *BY_RUNS, *BY_NOTES} | asked_for_no_more == set(STEPS)


def at_its_page(open_page, here, lesson_id: str, step_id: str) -> AppTest:
    step = lessons("en")[lesson_id].step(step_id)
    address = {"lang": "en", "view": step.view} if step.view else {"lang": "en"}
    return open_page(step.page, **address, **({} if step.page == "home" else {"run": here["finished"]}))


@pytest.mark.parametrize(("lesson_id", "step_id"), ON_PAGES)
def test_a_step_is_completed_by_what_is_done_on_its_page(open_page, here, lesson_id, step_id):
    after_the_guess(lesson_id, step_id)
    app = at_its_page(open_page, here, lesson_id, step_id)
    assert not app.exception and not kept(lesson_id, step_id).completed
    if not_enough := NOT_YET.get((lesson_id, step_id)):
        not_enough(app)
        assert not kept(lesson_id, step_id).completed
    ON_PAGES[lesson_id, step_id](app)
    assert not app.exception and kept(lesson_id, step_id).completed


@pytest.mark.parametrize(("lesson_id", "step_id"), BY_LOOKING)
def test_a_step_is_completed_by_looking_at_its_page_and_at_no_other(open_page, here, lesson_id, step_id):
    after_the_guess(lesson_id, step_id)
    open_page("runs", lang="en", run=here["finished"])
    assert not kept(lesson_id, step_id).completed
    app = at_its_page(open_page, here, lesson_id, step_id)
    assert not app.exception and kept(lesson_id, step_id).completed


@pytest.mark.parametrize(("lesson_id", "step_id"), BY_RUNS)
def test_a_run_counts_when_it_ended_after_the_lesson_was_begun(open_page, here, lesson_id, step_id):
    after_the_guess(lesson_id, step_id)
    with visitor.store().database.writing() as connection:
        connection.execute("UPDATE lessons SET created = '2999-01-01T00:00:00.000+00:00'")
    open_page("runs", lang="en")
    assert not kept(lesson_id, step_id).completed
    after_the_guess(lesson_id, step_id)
    open_page("runs", lang="en")
    assert kept(lesson_id, step_id).completed


@pytest.mark.parametrize(("lesson_id", "step_id"), BY_NOTES)
def test_a_run_that_was_broken_on_purpose_or_mended_counts(open_page, here, lesson_id, step_id):
    after_the_guess(lesson_id, step_id)
    open_page("runs", lang="en")
    assert not kept(lesson_id, step_id).completed
    say_notes(here["finished"], [BY_NOTES[lesson_id, step_id]])
    try:
        open_page("runs", lang="en")
    finally:
        say_notes(here["finished"], [])
    assert kept(lesson_id, step_id).completed


def test_the_link_to_mend_a_run_leads_to_the_one_that_was_broken(open_page, here):
    after_the_guess("break_it", "mended")
    say_notes(here["interrupted"], [BY_NOTES["break_it", "too-fast"]])
    say_notes(here["finished"], [BY_NOTES["break_it", "too-fast"]])
    try:
        app = open_page("runs", lang="en")
    finally:
        for situation in ("interrupted", "finished"):
            say_notes(here[situation], [])
    words = "Go to the page “Train”"
    link = next(link.proto for link in app.get("page_link") if link.proto.label == words)
    assert link.page == "train" and f"run={here['finished']}" in link.query_string


def say_notes(run_id: str, notes: list):
    with visitor.store().database.writing() as connection:
        connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), run_id))


def test_a_text_of_ones_own_goes_along_from_step_to_step(open_page, here):
    visitors.begin_lesson(visitor.store(), OWNER, "own_text", "cut")
    app = open_page("text", lang="en", text=here["text"])
    app.button(key="lesson.cut.next").click().run()
    assert app.title[0].value == "Train a model" and app.selectbox(key="train.text").value == here["text"]


def test_what_happens_before_the_guess_completes_nothing(open_page, here):
    visitors.begin_lesson(visitor.store(), OWNER, "article", "step")
    app = at_its_page(open_page, here, "article", "step")
    app.button(key="inside.step.go1").click().run()
    assert visitors.lessons(visitor.store(), OWNER)["article"].steps == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_of_a_step_leads_to_its_page_with_the_run_and_view(open_page, here, language):
    after_the_guess("article", "step")
    app = open_page("runs", lang=language)
    words = translate("Go to the page “{page}”", language).format(page=translate("Inside", language))
    link = next(link.proto for link in app.get("page_link") if link.proto.label == words)
    assert link.page == "inside" and "view=step" in link.query_string and f"lang={language}" in link.query_string
    newest = next(run for run in visitor.store().runs(OWNER) if run.status == "finished")
    assert f"run={newest.id}" in link.query_string
