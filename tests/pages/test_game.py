"""The guessing game on its page. Its lines and scores are in `lmcore.test_guessing`."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lmcore import open_run
from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.inference.guessing import Game
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import kept, visitor
from sample_corpora import SAMPLES
from tests.pages.conftest import MENU

VILLAGE = SAMPLES["village"].text()[:20_000]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A data folder with runs to play with: words, characters, and what cannot be played."""
    data = tmp_path_factory.mktemp("game")
    store = Store(data)
    training = TrainingConfig(stop="steps", stop_after=3.0, batch_size=4, sequence_length=8, evaluation_interval=3)
    runs = {
        "words": ("word", VILLAGE, "anna"),
        "characters": ("character", VILLAGE, "anna"),
        "short": ("word", "the cat sat on the mat and the dog sat on the log", "anna"),
        "closed": ("word", VILLAGE, "ben"),
        "demo": ("word", VILLAGE, None),
    }
    found = {"data": data}
    for name, (kind, content, owner) in runs.items():
        text = store.add_text(owner=owner, name=name, content=content, kind="lines", encoding="utf-8")
        config = RunConfig(TokenizerConfig(level=kind), ModelConfig(embedding_size=8, hidden_size=16), training)
        found[name] = store.add_run(owner=owner, text_id=text.id, name=name, config=config).id
        worker.work(data, found[name])
    return found


@pytest.fixture
def play(played, pool, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(played["data"]))
    monkeypatch.setattr(visitor, "current", lambda: "anna")

    def play(name: str) -> AppTest:
        app = AppTest.from_file(MENU, default_timeout=60)
        app.query_params["run"], app.query_params["lang"] = played[name], "en"
        app.run().switch_page("game.py").run()
        assert not app.exception and app.title[0].value == "Beat the machine"
        return app

    return play


def hits(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def playing(app: AppTest) -> Game:
    run_id = app.query_params["run"]
    return kept.of(f"game.{run_id}")["game"]


def right_choice(app: AppTest) -> str | None:
    """The key of the button that names the next token."""
    game = playing(app)
    truth = int(game.round.line.ids[game.position])
    board = game.round.choices[game.position]
    return f"game.choice.{board.index(truth)}" if truth in board else None


def test_a_guess_in_words_is_scored(play):
    app = play("words")
    assert hits(app) == {"You": "0 / 0", "This run": "0 / 0", "Bigram": "0 / 0"}
    key = right_choice(app)
    app.button(key=key or "game.other").click().run()
    assert hits(app)["You"] == ("1 / 1" if key else "0 / 1")
    assert [box.value for box in (*app.success, *app.error)] == ["Right at the first guess." if key else "Not found."]


def test_a_wrong_choice_goes_out_and_the_token_stays_hidden(play):
    app = play("words")
    right = right_choice(app)
    wrong = next(f"game.choice.{position}" for position in range(5) if f"game.choice.{position}" != right)
    app.button(key=wrong).click().run()
    assert app.button(key=wrong).disabled
    assert hits(app)["You"] == "0 / 0"


def test_a_line_to_its_end_then_the_next_one(play):
    app = play("words")
    tokens = len(playing(app).round.line.ids)
    known = 0
    for _ in range(tokens):
        key = right_choice(app)
        known += key is not None
        app.button(key=key or "game.other").click().run()
    assert hits(app)["You"] == f"{known} / {tokens}"
    table = app.dataframe[0].value
    assert table["Hits in this line"].tolist()[0] == f"{known} / {tokens}"
    app.button(key="game.next").click().run()
    assert playing(app).number == 2 and playing(app).position == 0
    assert hits(app)["You"] == f"{known} / {tokens}"  # of the game so far


def test_characters_are_typed_one_or_several_at_once(play):
    app = play("characters")
    line = playing(app).round.line.text
    app.text_input(key="game.typed").set_value(f"\ufeff{line[:2]}\x00{line[2]}").run()  # tidied as the text was
    assert hits(app)["You"] == "3 / 3"
    app.text_input(key="game.typed").set_value("Ω").run()
    assert "costs no guess" in " ".join(caption.value for caption in app.caption)
    wrong = next(character for character in "abcde" if character != line[3])
    app.text_input(key="game.typed").set_value(wrong).run()
    assert f"Not {wrong}. Guesses left: 2" in [text.value for text in app.text]
    app.button(key="game.other").click().run()
    assert hits(app)["You"] == "3 / 4"


def test_start_again(play):
    app = play("words")
    app.button(key="game.other").click().run()
    app.button(key="game.restart").click().run()
    assert hits(app)["You"] == "0 / 0" and playing(app).number == 1


def test_loading_the_page_again_keeps_line_and_score_for_this_visitor_alone(play, monkeypatch):
    app = play("demo")
    key = right_choice(app)
    app.button(key=key or "game.other").click().run()
    again = play("demo")
    assert hits(again) == hits(app) and hits(again)["You"].endswith("/ 1") and playing(again).position == 1
    assert hits(play("words"))["You"] == "0 / 0"  # another run, another game
    monkeypatch.setattr(visitor, "current", lambda: "ben")
    assert hits(play("demo"))["You"] == "0 / 0"


def test_another_visitors_text_is_not_shown(play):
    app = play("closed")
    assert ["owner's text" in info.value for info in app.info] == [True]
    assert "game" not in app.session_state and not app.metric


def test_an_example_is_open_to_everyone(play):
    assert hits(play("demo"))["You"] == "0 / 0"


def test_a_text_too_short_for_held_out_lines_says_so(play):
    assert ["too short to hold a part of it back" in info.value for info in play("short").info] == [True]


def test_the_notebook_has_the_score_of_the_run(play, played):
    text = (Path(__file__).parents[2] / "docs" / "notebook.md").read_text(encoding="utf-8")
    (cell,) = (code for code in re.findall(r"```python\n(.*?)```", text, re.S) if "play_round" in code)
    run = open_run(RunFolder.of(played["data"], played["words"]).path)
    found = {"run": run, "model": run.trained()}
    exec(cell, found)
    app = play("words")
    for _ in playing(app).round.line.ids:
        app.button(key="game.other").click().run()
    assert hits(app)["This run"] == f"{found['hits']} / {len(found['lines'][0].ids)}"
