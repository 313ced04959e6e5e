"""Applications: each shipped task is chosen, trained for a few steps, asked and scored; what stands on the page is what `lmcore.tasks` says."""

import math
from dataclasses import replace
from functools import partial

import pytest

from lmcore import errors
from lmcore.config import ModelConfig
from lmcore.runs import task_process
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.tasks import METHODS, Result, Score, Task, answer, baseline_scores, label_probabilities, rank, score, sources, votes
from pages.parts import visitor
from pages.parts.applications import choose, chosen, fails, learning
from pages.parts.language import LANGUAGES, translate
from pages.parts.number_format import format_probability
from pages.parts.run import model_cache
from sample_corpora.tasks import TASKS
from tests.pages import situations
from tests.runs.forker import Forker

STEPS = 30
OF_EACH_KIND = {corpus.task: corpus.id for corpus in reversed(TASKS.values()) if not corpus.variant_of}


def some_lines(corpus_id: str) -> str:
    """Return a part of the text of a task: enough to be asked."""
    return "\n".join(TASKS[corpus_id].text().splitlines()[:400])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """(data folder, {task: run}): one run a kind of task, and one on a visitor's own pairs."""
    data, forker = tmp_path_factory.mktemp("tasks"), Forker()
    store, found = Store(data), {}
    texts = {
        corpus_id: store.add_text(owner=None, name=corpus_id, content=some_lines(corpus_id), kind="lines", encoding="UTF-8", sample=corpus_id)
        for corpus_id in OF_EACH_KIND.values()
    }  # fmt: skip
    own = "\n".join(f"{a} + {b} = {a + b}" for a in range(20) for b in range(20))
    texts["own"] = store.add_text(owner=situations.OWNER, name="sums", content=own, kind="lines", encoding="UTF-8")
    for name, text in texts.items():
        config = choose.config_of(TASKS[name]) if name in TASKS else choose.config_of(TASKS["reviews-en"])
        config = replace(config, model=ModelConfig(embedding_size=16, hidden_size=16)).with_training(
            stop="steps", stop_after=float(STEPS), batch_size=16, precision="float32"
        )
        run = store.add_run(owner=situations.OWNER, text_id=text.id, name=name, config=config, pinned_context="")
        assert forker.work(data, run.id) == 0
        found[name] = store.run(run.id)
    forker.close()
    return data, found


@pytest.fixture
def page(runs, open_page, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(runs[0]))

    def page(name: str | None, view: str = "", **address):
        run = {"run": runs[1][name].id} if name else {}
        return open_page("applications", **{"view": view} if view else {}, **run, **address)

    return page


def said(app) -> str:
    return "\n".join(
        element.value for kind in ("caption", "info", "warning", "markdown", "text", "success") for element in app.get(kind)
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("corpus_id", TASKS)
def test_a_task_shows_its_lines_and_what_is_held_out(page, language, corpus_id):
    app = page(None, task=corpus_id, lang=language)
    corpus = TASKS[corpus_id]
    assert not app.exception and app.session_state["applications.task"] == corpus_id
    assert app.code[0].value.splitlines() == [" => ".join(pair) for pair in chosen.examples(corpus.training())]
    assert corpus.held_out_rule[language] in said(app)


@pytest.mark.parametrize("corpus_id", OF_EACH_KIND.values())
def test_train_begins_an_ordinary_run_with_the_settings_of_the_task(page, pool, corpus_id):
    app = page(None, task=corpus_id)
    app.button(key="applications.train").click().run()
    assert not app.exception and app.title[0].value == "Training"
    run = visitor.store().run(app.query_params["run"])
    assert run.requested == choose.config_of(TASKS[corpus_id]) and visitor.store().text(run.text_id).sample == corpus_id
    assert pool.woken == 1
    visitor.store().delete(run.id)


@pytest.mark.parametrize("corpus_id", OF_EACH_KIND.values())
def test_a_finished_run_is_offered(page, runs, corpus_id):
    app = page(None, task=corpus_id)
    app.button(key="applications.use").click().run()
    assert app.query_params["run"] == runs[1][corpus_id].id and app.session_state["applications.view"] == "ask"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["ask", "score", "fails"])
@pytest.mark.parametrize("name", [*OF_EACH_KIND.values(), "own"])
def test_every_view_of_every_task(page, language, view, name):
    app = page(name, view, lang=language)
    assert not app.exception and not app.error and app.title[0].value == translate("Applications", language)
    if view == "ask":
        assert app.text_area(key="applications.prompt").value == chosen_pairs(name)[0][0]
    if view == "fails" and name != "own":
        app.button(key=f"applications.run.{app.selectbox(key='applications.experiment').value}").click().run()
        assert not app.exception and app.metric[0].value.isdigit()


def chosen_pairs(name: str):
    if name in TASKS:
        return TASKS[name].held_out()
    text = next(text for text in visitor.store().texts(situations.OWNER) if text.name == "sums")
    return chosen.of_text(text).pairs


def trained_of(runs, name: str):
    return model_cache.load(runs[0], runs[1][name])


def test_the_numbers_of_a_label_are_those_of_a_notebook(page, runs):
    app, trained = page("reviews-en", "ask"), trained_of(runs, "reviews-en")
    prompt, labels = app.text_area(key="applications.prompt").value, chosen.shipped("reviews-en").task.labels
    label, chance = max(label_probabilities(trained, prompt, labels).items(), key=lambda item: item[1])
    assert f"“{label}” with {chance:.1%}" in said(app)
    word, bits = max(votes(trained, prompt, *labels), key=lambda vote: abs(vote[1]))
    assert f"Strongest: “{word}”, {abs(bits):.1f} bits" in said(app)


def test_the_score_is_that_of_a_notebook(page, runs):
    app, trained = page("reviews-en", "score"), trained_of(runs, "reviews-en")
    task = chosen.shipped("reviews-en").task
    found = score(trained, task.held_out, labels=task.labels)
    assert app.metric[0].value == f"{found.share:.1%}"
    low, high = found.interval
    assert f"{found.correct} of 200 prompts" in said(app) and f"between {low:.1%} and {high:.1%}" in said(app)


@pytest.mark.parametrize("name", ["translation-en-zh", "compress-en"])
def test_an_answer_and_what_it_rests_on_are_those_of_a_notebook(page, runs, name):
    app, trained = page(name, "ask"), trained_of(runs, name)
    prompt = app.text_area(key="applications.prompt").value
    found = answer(trained, prompt)
    assert found.text in [element.value for element in app.text]
    assert f"P(answer | prompt) = {format_probability(math.exp(found.log_prob))}" in said(app)
    mattered = sources(trained, prompt, found.text)
    assert f"{mattered.influence.flat[abs(mattered.influence).argmax()] / math.log(2):.1f} bits." in said(app)
    steps = app.button_group(key="applications.step").options
    assert len(steps) == len(found.log_probs)
    assert steps[1].endswith(format_probability(math.exp(found.log_probs[1])))
    app.button_group(key="applications.step").set_value(1).run()
    app.button(key="applications.step.explore").click().run()
    assert app.session_state["explore.context"] == f"{prompt} => {found.tokens[0].lstrip()}"


def test_baselines_are_those_of_a_notebook(page):
    app = page("reviews-en", "score")
    task = chosen.shipped("reviews-en").task
    found = baseline_scores(task, task.held_out)
    table = next(element.value for element in app.dataframe if "95 % interval" in element.value)
    assert table["Right"].tolist()[1:] == [f"{one.share:.1%}" for one in found.values()]


def test_an_experiment_shows_what_a_notebook_finds(page, runs):
    app, trained = page("reviews-en", "fails"), trained_of(runs, "reviews-en")
    assert not app.metric
    name = app.selectbox(key="applications.experiment").value
    app.slider(key=f"applications.guess.{name}").set_value(30).run()
    app.button(key=f"applications.run.{name}").click().run()
    found = score(trained, TASKS["reviews-en"].experiments()[name], fails.COUNT, labels=chosen.shipped("reviews-en").task.labels)
    assert app.metric[0].value == str(found.correct) and "30" in app.metric[0].delta


@pytest.mark.parametrize(
    ("known", "found", "name", "said"),
    [
        (0.6, 0.1, "longer", "has not learned the usual prompts yet: 60%"),
        (0.9, 0.1, "longer", "Longer training lines help"),
        (0.9, 0.9, "longer", "only a little of it has to be kept"),
        (1.0, 0.9, "never_negated", "could be put together from what the lines show"),
    ],
)
def test_the_reason_fits_what_was_found(page, runs, monkeypatch, known, found, name, said):
    def scored(run_id, step, asked, trained, current):
        right = round(100 * (found if asked else known))
        return Score(tuple(Result(str(n), ("yes",), "yes" if n < right else "no", 0.9, n < right) for n in range(100)))

    monkeypatch.setattr(fails, "_scored", scored)
    app = page("reviews-en", "fails")
    app.selectbox(key="applications.experiment").set_value(name).run()
    app.button(key=f"applications.run.{name}").click().run()
    assert not app.exception and said in app.info[0].value


def test_a_long_prompt_is_underlined_and_one_too_long_is_said(page):
    app = page("stories-en-2", "ask")
    prompt = app.text_area(key="applications.prompt").value
    app.text_area(key="applications.prompt").set_value(" ".join([prompt] * 5)).run()
    assert not app.exception and "Which words of the prompt mattered?" in [element.value for element in app.subheader]
    app.text_area(key="applications.prompt").set_value("the " * 450).run()
    assert not app.exception and "is shown for prompts of at most 400." in said(app)


def test_candidates_are_ranked_as_in_a_notebook(page, runs):
    app, trained = page("own", "ask"), trained_of(runs, "own")
    app.text_area(key="applications.candidates").set_value("3\n12\n3").run()
    table = next(element.value for element in app.dataframe if "Candidate" in element.value)
    found = rank(trained, app.text_area(key="applications.prompt").value, ["3", "12"], separator=" = ")
    assert table["Candidate"].tolist() == [one.text for one in found]
    assert table["Sum (bits)"].tolist() == pytest.approx([-one.total / math.log(2) for one in found], abs=0.01)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Type a prompt, or take one that the model has never seen."), ("the zebra was good", "Not in its training text, so it reads them all as one unknown token: zebra")],
)  # fmt: skip
def test_a_prompt_that_cannot_be_read_gets_its_sentence(page, typed, sentence):
    app = page("reviews-en", "ask")
    app.text_area(key="applications.prompt").set_value(typed).run()
    assert not app.exception and sentence in said(app)


@pytest.mark.parametrize("typed", ["", "positive", "positive\n\npositive "])
def test_one_candidate_gets_its_sentence(page, typed):
    app = page("reviews-en", "ask")
    app.text_area(key="applications.candidates").set_value(typed).run()
    assert "Ranking needs at least two different candidates" in said(app)


def test_another_unseen_prompt_and_a_drawn_answer(page):
    app = page("own", "ask")
    before = app.text_area(key="applications.prompt").value
    app.button(key="applications.another").click().run()
    assert app.text_area(key="applications.prompt").value != before
    app.button_group(key="applications.way").set_value("drawn").run()
    app.button(key="applications.again").click().run()
    assert not app.exception


def test_a_run_without_prompts_and_answers_leads_to_the_tasks(open_page, here):
    app = open_page("applications", run=here["finished"], view="ask")
    assert not app.exception and "has no prompts and answers" in said(app)
    assert app.button_group(key="applications.kind").options


def test_the_text_of_a_stranger_is_not_shown_as_a_task(page, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    app = page("own", "ask")
    assert not app.exception and "has no prompts and answers" in said(app)


def test_every_experiment_has_its_words():
    names = {name for corpus in TASKS.values() for name in corpus.experiments()}
    assert names <= set(fails.experiment_words())


def test_a_pasted_table_becomes_a_task_that_is_trained(open_page, here, pool):
    app = open_page("applications", view="data")
    rows = "\n".join(f"{word},{label}" for word, label in [(f"the tea was {word}", label) for word in ("good", "hot", "nice", "new", "fine", "fresh", "cold", "bad", "old", "stale", "dry", "sour") for label in ["yes" if word < "h" else "no"]])  # fmt: skip
    app.text_area(key="applications.pasted").set_value("text,label\n" + rows + "\nthe tea was odd,").run()
    assert (
        not app.exception
        and "13 rows: 12 lines to train on, 0 held out" in said(app)
        and "too short to hold some of it out" in said(app)
    )
    assert "1 rows with an empty cell were left out" in said(app) and "2 labels: " in said(app)
    app.button(key="applications.own").click().run()
    run = visitor.store().run(app.query_params["run"])
    assert run.requested.training.loss_on == "answer" and run.requested.tokenizer.level == "word" and pool.woken == 1
    kept = visitor.store().content(run.text_id).splitlines()
    assert len(kept) == 12 and all(" => " in line for line in kept)
    assert visitor.store().text(run.text_id).name == kept[0].partition(" => ")[0]
    visitor.store().delete(run.id)


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("one column\nof words", "ColumnsMissing"),
        ("a,yes\n" * 3 + "b,yes\n", "TooFewPairs"),
        ("\n".join(f"line {number},same" for number in range(30)), "OneLabelOnly"),
        ("\n".join(f"line {number}," for number in range(30)), "TargetsMissing"),
        ("1,1\n" * 100_001, "TooManyPairs"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_that_is_no_task_gets_its_sentence(open_page, here, pasted, code, language):
    app = open_page("applications", view="data", lang=language)
    app.text_area(key="applications.pasted").set_value(pasted).run()
    error = next(error for error in vars(errors).values() if getattr(error, "__name__", "") == code)
    assert not app.exception and len(app.error) == 1
    beginning = translate(error.sentence, language).partition("{")[0]
    assert app.error[0].value.startswith(beginning)
    assert app.text_area(key="applications.pasted").value == pasted


@pytest.mark.parametrize(
    ("pasted", "labels"),
    [
        ("\n".join(f'"{a} says ""{b}"", and\nwaits",{"ja" if a > b else "nein"}' for a in range(5) for b in range(5)), 2),
        ("\n".join(f"{a} {'=>' if a % 2 else 'to'} {b}\t{a * b % 3}" for a in range(6) for b in range(6)), 3),
        ("\n".join(f"<b>{a}</b>=1+{b}\t{'x' if a % 2 else 'y'}" for a in range(6) for b in range(6)), 2),
    ],
)
def test_quotes_line_breaks_markers_and_formulas_in_cells_stay_text(open_page, here, pasted, labels):
    app = open_page("applications", view="data")
    app.text_area(key="applications.pasted").set_value(pasted).run()
    assert not app.exception and not app.error and f"{labels} labels: " in said(app)


def test_the_curve_of_lines_is_measured_in_a_process_of_its_own():
    pairs = [(f"{word} {number}", word) for number in range(30) for word in ("tea", "soup")]
    task = Task.from_pairs(pairs)
    points = list(task_process.measure("curve", task, steps=8))
    assert [point.done for point in points] == sorted(point.done for point in points) and points[-1].done == 1
    assert {point.method for point in points} == set(METHODS) == set(learning.method_labels()) == set(learning.COLOURS)
    assert all(point.count == len(task.held_out) for point in points)


def test_the_curve_of_lines_is_drawn_and_kept(page, monkeypatch):
    monkeypatch.setattr(task_process, "measure", partial(task_process.measure, steps=2))
    app = page("reviews-en", "score")
    app.button(key="applications.curve").click().run(timeout=300)
    assert not app.exception and not app.warning
    table = next(element.value for element in app.dataframe if "Training lines" in element.value)
    assert table["Training lines"].tolist() == [lines for lines in (20, 100, 500, 4000) for _ in METHODS]
    app = page("reviews-en", "score")
    assert "applications.curve" not in [button.key for button in app.button] and "Training lines" in app.dataframe[-1].value


def test_baselines_are_measured_once_in_a_process_of_their_own(page, runs, monkeypatch):
    first, _ = page("own", "score"), page("reviews-en", "score")
    monkeypatch.setattr(task_process, "measure", None)  # would fail if it were called
    again = page("own", "score")
    tables = [next(one.value for one in app.dataframe if "95 % interval" in one.value) for app in (first, again)]
    assert not again.exception and tables[0].equals(tables[1]) and len(tables[0]) == 4
    assert "chosen by the loss on these same prompts" in said(again)
    assert "chosen by the loss on these same prompts" not in said(page("reviews-en", "score"))


@pytest.mark.parametrize(
    "damage", ["", "[", "[[1]]", '[[1, "nearest", 20, 9, 3]]', '{"a": 1}', "[[1, 2, 3, 4, 0]]", '[[1, "x", 2, "3", 4]]']
)
def test_damaged_measurements_are_made_again(tmp_path, damage):
    folder = RunFolder.of(tmp_path, "a")
    task_process.keep(folder, "curve", [task_process.Measured(1.0, "nearest", 20, 3, 9)])
    assert not folder.path.exists() and task_process.kept(folder, "curve") == []  # of a deleted run
    folder.path.mkdir(parents=True)
    task_process.keep(folder, "curve", found := [task_process.Measured(1.0, "nearest", 20, 3, 9)])
    assert task_process.kept(folder, "curve") == found and found[0].share == 1 / 3
    folder.measured_path("curve").write_text(damage)
    assert task_process.kept(folder, "curve") == []


def test_a_text_too_large_is_said_and_only_a_button_begins_again(page, monkeypatch):
    def cut(question, task):
        yield task_process.Measured(0.2, "majority" if question == "baselines" else "logistic", 20, 3, 9)
        raise TimeoutError

    monkeypatch.setattr(task_process, "measure", cut)
    monkeypatch.setattr(task_process, "kept", lambda folder, question: [])
    app = page("reviews-en", "score")
    assert not app.exception and len(app.warning) == 1 and len(app.dataframe[0].value) == 2
    app.button(key="applications.curve").click().run()
    assert not app.exception and len(app.warning) == 2 and "applications.curve" in [button.key for button in app.button]
