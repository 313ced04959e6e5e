"""The class page: into a room, a student's seat, the teacher's desk, and what each may see; in both languages."""

import json
from base64 import b64decode

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lmcore.errors import NoRoomForBackup
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from lmcore.tokenizers import CharacterTokenizer
from pages.parts import error_notice, visitor
from pages.parts.classroom import board_figure, board_points, pins
from pages.parts.language import LANGUAGES, translate
from tests.pages.conftest import MENU
from tests.pages.situations import TEXT, a_config

LOSSES = {"小明": 1.5, "Ben": 2.0, "Zoë": 1.25}


class Classroom:
    """A store, a room of "teacher" in it, and the visitor who looks at it now."""

    def __init__(self, store: Store):
        self.store, self.rooms, self.here = store, Rooms(store), "teacher"
        self.code = self.rooms.open("teacher").code
        text = store.add_text(owner="all", name="a secret diary", content=TEXT, kind="stream", encoding="utf-8")
        self.text_id = text.id

    def run(self, owner: str, loss: float | None = None, **settings) -> str:
        """A run that has ended with a loss; None: it still waits."""
        config = a_config().with_training(**settings)
        run = self.store.add_run(owner=owner, text_id=self.text_id, name=f"diary of {owner}", config=config)
        if loss is not None:
            with self.store.database.writing() as connection:
                connection.execute(
                    "UPDATE runs SET status = 'finished', step = 40, seconds = 2, tokens = 1280, best_loss = ?, best_bits_per_byte = ?,"
                    " best_step = 40 WHERE id = ?",
                    (loss, loss / 2, run.id),
                )
                connection.execute(
                    "INSERT INTO evaluations VALUES (?, 40, ?, ?, 1, ?, '', '[]')",
                    (run.id, loss, loss / 2, f"written by {owner}"),
                )
        return run.id

    def fill(self, **more) -> dict[str, str]:
        """Three students with a run each on the board -> {nickname: run}."""
        found = {}
        for position, (name, loss) in enumerate(LOSSES.items()):
            self.rooms.join(self.code, f"visitor {name}", name)
            found[name] = self.run(f"visitor {name}", loss, learning_rate=0.01 * 3**position)
            self.rooms.hand_in(self.code, f"visitor {name}", found[name], **more)
        return found

    def open(self, here: str, language: str = "en", **address: str) -> AppTest:
        self.here = here
        app = AppTest.from_file(MENU, default_timeout=60)
        for name, value in {"lang": language, "room": self.code, **address}.items():
            app.query_params[name] = value
        app.run().switch_page("classroom.py").run()
        assert not app.exception
        return app

    def board(self):
        return self.rooms.board(self.code)


@pytest.fixture
def classroom(tmp_path, monkeypatch, pool):
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    for variable in ("NEXT_WORD_CLASS_PIN", "NEXT_WORD_TEACHER_PIN"):
        monkeypatch.delenv(variable, raising=False)
    classroom = Classroom(Store(tmp_path))
    monkeypatch.setattr(visitor, "current", lambda: classroom.here)
    return classroom


def keys(app) -> set[str]:
    kinds = (app.button, app.selectbox, app.multiselect, app.toggle, app.text_input, app.checkbox, app.get("download_button"))
    return {element.key for kind in kinds for element in kind if element.key}


def said(app) -> list[str]:
    kinds = (app.caption, app.text, app.info, app.warning, app.error, app.markdown, app.code, app.subheader)
    return [element.value for kind in kinds for element in kind]


def everything(app) -> str:
    """All that reached the browser, as it was sent."""
    return "\n".join(str(element.proto) for element in app.main) + "\n" + json.dumps(plot(app), ensure_ascii=False)


def plot(app) -> dict:
    """The scatter of the board."""
    charts = [part.proto for part in app.get("bidi_component") if part.proto.component_name == "next_word_board_chart"]
    return json.loads(json.loads(charts[0].json)["figure"]) if charts else {}


def numbers(values) -> list[float]:
    """Plotly sends arrays of numbers as bytes."""
    return np.frombuffer(b64decode(values["bdata"]), values["dtype"]).tolist() if isinstance(values, dict) else values


def labels(app) -> set[str]:
    """The names of its points."""
    return {hover.split("<b>")[1].split("</b>")[0] for trace in plot(app)["data"] for hover in trace["hovertext"]}


TEACHERS = {"class.x", "class.y", "class.unit", "class.anonymous", "class.hidden", "class.close", "class.delete", "class.csv"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_room_one_joins_or_opens_one(classroom, language):
    app = classroom.open("eve", language, room="")
    assert {translate("Join a room", language), translate("Teach", language)} <= set(said(app))
    app.text_input(key="class.code").set_value(f" {classroom.code[:3].lower()} {classroom.code[3:].lower()} ")
    app.button(key="class.go").click().run()
    assert app.query_params["room"] == classroom.code
    app = classroom.open("eve", language, room="")
    app.button(key="class.open").click().run()
    assert Rooms(classroom.store).room(app.query_params["room"]).owner == "eve" and keys(app) >= TEACHERS
    assert translate("Your rooms", language) in said(classroom.open("eve", language, room=""))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["NOROOM", "'; --", "<b>" * 100, "\x00"])
def test_an_unknown_code_is_said(classroom, language, code):
    app = classroom.open("eve", language, room=code)
    assert len(app.warning) == 1 and "6" in app.warning[0].value and "class.code" in keys(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_teacher_s_view(classroom, language):
    classroom.fill()
    app = classroom.open("teacher", language)
    assert keys(app) >= TEACHERS
    assert any(code.value.endswith(f"/classroom?room={classroom.code}") for code in app.code)
    assert labels(app) == set(LOSSES)
    lowest = translate("The lowest validation loss is {loss:.3f}, with learning rate {rate} and hidden size {size}.", language)
    assert any(lowest.format(loss=1.25, rate=0.09, size=16) in caption.value for caption in app.caption)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_student_joins_under_a_nickname_that_is_free(classroom, language):
    app = classroom.open("eve", language)
    assert not keys(app) & TEACHERS and "class.hand_in" not in keys(app)
    for nickname, name in (("", "NicknameMissing"), ("  \u200b ", "NicknameMissing")):
        app.text_input(key="class.nickname").set_value(nickname)
        app.button(key="class.join_now").click().run()
        assert len(app.error) == 1 and "30" in app.error[0].value, name
    classroom.rooms.join(classroom.code, "ben", "Ben")
    app.text_input(key="class.nickname").set_value("Ben")
    app.button(key="class.join_now").click().run()
    assert len(app.error) == 1 and classroom.rooms.nickname(classroom.code, "eve") is None
    app.text_input(key="class.nickname").set_value("**Eve** ![x](http://e.example/x.png)"[:30])
    app.button(key="class.join_now").click().run()
    assert not app.error and "**Eve** ![x](http://e.example/x.png)"[:30] in [text.value for text in app.text]
    assert not any("Eve" in element.value for kind in (app.markdown, app.caption) for element in kind)  # it is no Markdown


def test_hand_in_change_take_back(classroom):
    classroom.rooms.join(classroom.code, "eve", "Eve")
    for language in LANGUAGES:
        nothing = translate("You have no run to hand in yet. Train one: it can be handed in while it still trains.", language)
        assert nothing in said(classroom.open("eve", language))
    first, second = classroom.run("eve", 1.0), classroom.run("eve")
    app = classroom.open("eve", run=first)
    assert app.selectbox(key="class.run").value == first  # the one in the address
    assert not app.checkbox(key=f"class.text.{first}").value  # nothing is told unasked
    app.button(key="class.hand_in").click().run()
    assert [(entry.run.id, entry.with_text, entry.nickname) for entry in classroom.board()] == [(first, False, "Eve")]
    assert app.button(key="class.hand_in").disabled
    app.checkbox(key=f"class.text.{first}").check().run()
    app.button(key="class.hand_in").click().run()
    assert [entry.with_text for entry in classroom.board()] == [True]
    app.selectbox(key="class.run").set_value(second).run()
    app.button(key="class.hand_in").click().run()  # while it still waits
    assert [entry.run.id for entry in classroom.board()] == [first, second]
    app.button(key="class.take_back").click().run()
    assert [entry.run.id for entry in classroom.board()] == [first]


def test_runs_with_one_name_can_be_told_apart_where_one_is_chosen(classroom):
    classroom.rooms.join(classroom.code, "eve", "Eve")
    for rate in (0.01, 0.01, 0.5):
        classroom.rooms.hand_in(classroom.code, "eve", classroom.run("eve", 1.0, learning_rate=rate))
    app = classroom.open("eve")
    chosen, shown = app.selectbox(key="class.run").options, app.selectbox(key="class.chosen.0").options
    assert len(set(chosen)) == len(set(shown)) == 3
    assert [name.partition(" · ")[0] for name in shown] == ["Eve", "Eve (2)", "Eve (3)"] and "rate 0.5" in shown[2]


def test_nothing_of_a_student_s_text_is_on_the_page_unless_ticked(classroom):
    runs = classroom.fill()
    app = classroom.open("teacher")
    for position, (name, run_id) in enumerate(runs.items(), start=1):
        app.selectbox(key="class.chosen.0").set_value(position).run()
        secret = (
            f"diary of visitor {name}",
            f"written by visitor {name}",
            run_id,
            "a secret diary",
            "the cat sat",
            f"visitor {name}",
        )
        assert not [words for words in secret if words in everything(app)]
        assert translate("What this run writes would tell about its text; its student has not shared that.", "en") in said(app)
    classroom.rooms.hand_in(classroom.code, "visitor Ben", runs["Ben"], with_text=True)
    app.selectbox(key="class.chosen.0").set_value(2).run()
    assert {"diary of visitor Ben", "written by visitor Ben"} <= set(said(app))
    assert "a secret diary" not in everything(app)  # a text is shared by its owner, on its own page


def test_numbers_instead_of_names(classroom):
    classroom.fill()
    app = classroom.open("teacher")
    app.toggle(key="class.anonymous").set_value(True).run()
    for here in ("teacher", "visitor Ben", "eve"):
        app = classroom.open(here)
        assert labels(app) == {"No. 1", "No. 2", "No. 3"}
        others = [name for name in LOSSES if f"visitor {name}" != here]
        assert not [name for name in others if name in everything(app)]
    app = classroom.open("teacher")
    app.toggle(key="class.anonymous").set_value(False).run()
    assert labels(app) == set(LOSSES)


def test_the_teacher_s_axes_are_everybody_s(classroom):
    classroom.fill()
    app = classroom.open("teacher")
    app.selectbox(key="class.x").set_value("seconds").run()
    app.selectbox(key="class.y").set_value("loss").run()
    app.selectbox(key="class.unit").set_value("bits").run()
    assert "loss" not in app.selectbox(key="class.x").options
    for language, here in (("en", "eve"), ("zh", "teacher")):
        figure = plot(classroom.open(here, language))
        named = [figure["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")]
        assert named == [translate("Seconds of training", language), translate("Validation loss (bits per byte)", language)]
        assert sorted(y for trace in figure["data"] for y in numbers(trace["y"])) == sorted(loss / 2 for loss in LOSSES.values())


def test_one_point_is_hidden_and_shown_again(classroom):
    classroom.fill()
    app = classroom.open("teacher")
    app.multiselect(key="class.hidden").set_value([2]).run()
    assert [entry.hidden for entry in classroom.board()] == [False, True, False]
    for here in ("teacher", "eve"):
        app = classroom.open(here)
        assert labels(app) == {"小明", "Zoë"}
        assert "Ben" not in everything(classroom.open("eve"))
    app = classroom.open("teacher")
    app.multiselect(key="class.hidden").set_value([]).run()
    assert labels(app) == set(LOSSES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_room_takes_nothing_more(classroom, language):
    classroom.fill()
    app = classroom.open("teacher", language)
    app.button(key="class.close").click().run()
    assert not classroom.rooms.room(classroom.code).closed and "class.close_now" in keys(
        app
    )  # asked first; the browser tests press it
    classroom.rooms.close(classroom.code, True)
    student = classroom.open("visitor Ben", language)
    assert "class.hand_in" not in keys(student) and labels(student) == set(LOSSES)
    assert any(translate("closed", language) in caption.value for caption in student.caption)
    app = classroom.open("teacher", language)
    app.button(key="class.close").click().run()
    assert "class.hand_in" in keys(classroom.open("visitor Ben", language))


def test_a_deleted_room_is_gone_for_all_and_the_runs_stay(classroom):
    runs = classroom.fill()
    student, app = classroom.open("visitor Ben"), classroom.open("teacher")
    app.button(key="class.delete").click().run()
    assert classroom.rooms.room(classroom.code) and "class.delete_now" in keys(app)  # asked first; the browser tests press it
    classroom.rooms.delete(classroom.code)
    for here, page in (("teacher", app), ("visitor Ben", student)):
        classroom.here = here
        page.run()
        assert not page.exception and len(page.warning) == 1 and "class.code" in keys(page)
    assert classroom.store.run(runs["Ben"]) is not None


def test_the_table_and_the_csv_hold_what_the_board_shows(classroom):
    classroom.fill()
    app = classroom.open("teacher")
    table = app.dataframe[0].value
    assert table["Name"].tolist() == list(LOSSES) and table["Validation loss (nats per token)"].tolist() == list(LOSSES.values())
    assert "diary" not in table.to_csv()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_teacher_s_pin_keeps_others_from_opening_rooms(classroom, language, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_TEACHER_PIN", "long enough")
    app = classroom.open("eve", language, room="")
    assert "class.open" not in keys(app)
    assert translate("Opening a room and changing its board needs the teacher's PIN.", language) in said(app)
    monkeypatch.setattr(pins, "role", lambda: "teacher")  # with this PIN a visitor teaches every room
    assert keys(classroom.open("eve", language)) >= TEACHERS


def test_points_that_lie_on_each_other_are_moved_apart_and_named_where_there_is_room(classroom):
    classroom.fill()
    board = classroom.board()
    room = classroom.rooms.room(classroom.code)
    found = board_points.points(classroom.store.folder, room, board, "visitor Ben")
    same = [found[0], found[0], found[0]]
    xs, ys = board_figure.apart(same, "learning_rate", "hidden_size")
    assert len(set(xs)) == 3 and len(set(ys)) == 1
    assert board_figure.with_room_for_a_name(found, [0.5, 0.51, 0.9], [0.5, 0.5, 0.5]) == {1, 2}  # one's own first
    assert board_figure.with_room_for_a_name(found, [0.0, 0.5, 1.0], [0.5, 0.5, 0.5]) == {0, 1, 2}


# one's room, a point to hide, a run that has diverged


def test_one_s_room_is_found_again_by_the_plain_address(classroom):
    classroom.rooms.join(classroom.code, "eve", "Eve")
    app = classroom.open("eve", room="")
    assert app.query_params["room"] == classroom.code and "class.leave" in keys(app)
    app.button(key="class.leave").click().run()
    assert not app.query_params.get("room") and "class.go" in keys(app)  # who leaves is not brought back
    app = classroom.open("a stranger", room="")
    assert app.query_params["room"] == ""
    second = classroom.rooms.open("another teacher")
    classroom.rooms.join(second.code, "eve", "Eve")
    assert classroom.open("eve", room="").query_params["room"] == ""  # there are two: she chooses
    classroom.rooms.close(second.code)
    assert classroom.open("eve", room="").query_params["room"] == classroom.code


def test_a_point_is_hidden_where_it_is_looked_at(classroom):
    classroom.fill()
    app = classroom.open("teacher")
    app.selectbox(key="class.chosen.0").set_value(2).run()
    app.button(key="class.hide.2").click().run()
    assert [entry.number for entry in classroom.board() if entry.hidden] == [2]
    app = classroom.open("visitor Ben")
    app.selectbox(key="class.chosen.0").set_value(1).run()
    assert not any(key.startswith("class.hide.") for key in keys(app))


def test_the_class_is_ended_only_after_a_question(classroom, monkeypatch):
    ended = []
    monkeypatch.setattr(pins, "role", lambda: "teacher")
    monkeypatch.setattr(pins.class_pin, "pins", lambda: {"student": "x", "teacher": "y"})
    monkeypatch.setattr(pins.class_pin, "by_environment", lambda: False)
    monkeypatch.setattr(pins.class_pin, "end", lambda: ended.append(True))
    app = classroom.open("teacher")
    app.button(key="class.end").click().run()
    assert not ended and "class.end_now" in keys(app)  # asked first; the browser tests press it


@pytest.mark.parametrize("how", ["loss", "error"])
def test_a_diverged_run_is_marked_and_leaves_the_colours_to_the_others(classroom, how):
    classroom.fill()
    classroom.rooms.join(classroom.code, "joker", "Joker")
    run = classroom.run("joker", 85.0 if how == "loss" else 1.9, learning_rate=9.0)
    if how == "error":
        with classroom.store.database.writing() as connection:
            connection.execute("UPDATE runs SET status = 'failed', error_code = 'training.loss_not_finite' WHERE id = ?", (run,))
    data_folder.write_json(RunFolder.of(classroom.store.folder, run).tokenizer_path, CharacterTokenizer.train(TEXT).to_json())
    classroom.rooms.hand_in(classroom.code, "joker", run)
    (trace,) = plot(classroom.open("teacher"))["data"]
    marker = trace["marker"]
    assert marker["symbol"] == ["circle", "circle", "circle", "x-thin-open"]
    assert [colour is None for colour in marker["color"]] == [False, False, False, True]
    assert (10 ** marker["cmin"], 10 ** marker["cmax"]) == pytest.approx((1.25, 2.0))
    assert marker["colorbar"]["ticktext"] == ["1.25", "1.58", "2"]
    assert "diverged" in trace["hovertext"][3]
    classroom.rooms.set(classroom.code, y="loss")  # an axis of losses cannot show it
    app = classroom.open("teacher")
    assert "Joker" not in labels(app) and any("left out: 1." in words for words in said(app))


def test_the_board_shows_what_was_changed_while_a_run_trained_and_what_words_cost_beside_their_tokens(classroom):
    runs = classroom.fill()
    best = classroom.store.run(runs["小明"]).best_step
    notes = [
        {"code": "mark.rate", "values": {"step": best - 1, "before": 0.01, "rate": 0.5}},
        {"code": "mark.rate", "values": {"step": best, "before": 0.5, "rate": 0.7}},
        {"code": "measure.beside_tokens", "values": {"spelling": 0.25, "spacing": 0.125}},
    ]
    with classroom.store.database.writing() as connection:
        connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), runs["小明"]))
    classroom.rooms.set(classroom.code, unit="bits")
    app = classroom.open("teacher")
    hovers = {text.split("<b>")[1].split("</b>")[0]: text for trace in plot(app)["data"] for text in trace["hovertext"]}
    assert "Learning rate: 0.01 → 0.5 → 0.7" in hovers["小明"] and "of that 0.25 spelling, 0.12 spaces" in hovers["小明"]
    assert "Learning rate: 0.03<br>" in hovers["Ben"] and "spelling" not in hovers["Ben"]
    table = app.dataframe[0].value
    assert table["Learning rate"].tolist() == [0.5, 0.03, 0.09]  # of the lowest loss; a column of numbers can be sorted
    assert table["Learning rate, changed"].tolist() == ["0.01 → 0.5 → 0.7", "", ""]
    assert 0.5 in [x for trace in plot(app)["data"] for x in trace["x"]]
    assert any("Learning rate changed during training: 1; a point shows" in words for words in said(app))
    assert table["of that, spelling unknown words"].tolist()[0] == 0.25 and table["of that, spaces"].tolist()[0] == 0.125
    app.selectbox(key="class.chosen.0").set_value(1).run()
    assert any("0.250 spell unknown words" in caption.value for caption in app.caption)


def test_a_table_of_the_board_has_no_column_that_is_empty(classroom):
    classroom.fill()
    table = classroom.open("teacher").dataframe[0].value
    assert not {"Learning rate, changed", "of that, spaces"} & set(table.columns)


def test_a_finished_run_is_handed_in_where_it_was_trained(classroom):
    classroom.rooms.join(classroom.code, "eve", "Eve")
    run, classroom.here = classroom.run("eve", 1.5), "eve"
    app = AppTest.from_file(MENU, default_timeout=60)
    app.query_params["run"], app.query_params["lang"] = run, "en"
    app.run().switch_page("train.py").run()
    app.button(key="train.hand_in").click().run()
    assert [entry.run.id for entry in classroom.board()] == [run] and "train.hand_in" not in keys(app)


@pytest.mark.parametrize("page", ["train", "class"])
def test_hand_in_when_finished_is_remembered_and_can_be_taken_back(classroom, page):
    classroom.rooms.join(classroom.code, "eve", "Eve")
    run, classroom.here = classroom.run("eve"), "eve"

    def anew() -> AppTest:
        app = AppTest.from_file(MENU, default_timeout=60)
        app.query_params["run"], app.query_params["lang"], app.query_params["room"] = run, "en", classroom.code
        return app.run().switch_page("train.py" if page == "train" else "classroom.py").run()

    def promised() -> list[tuple]:
        return [(entry.run.id, entry.waits, entry.with_text) for entry in classroom.rooms.of_visitor(classroom.code, "eve")]

    app = anew()
    assert "now" in app.button(key=f"{page}.hand_in").label
    app.toggle(key=f"{page}.when_finished").set_value(True).run()
    assert promised() == [(run, True, False)] and classroom.board() == [] and not app.exception
    app = anew()  # another browser, or the same one refreshed
    assert app.toggle(key=f"{page}.when_finished").value
    if page == "class":
        app.checkbox(key=f"class.text.{run}").check().run()
        assert promised() == [(run, True, True)]
    app.toggle(key=f"{page}.when_finished").set_value(False).run()
    assert promised() == [] and not app.toggle(key=f"{page}.when_finished").value
    app.toggle(key=f"{page}.when_finished").set_value(True).run()
    with classroom.store.database.writing() as connection:  # while no page is open
        connection.execute("UPDATE runs SET status = 'finished' WHERE id = ?", (run,))
    assert [entry.run.id for entry in classroom.board()] == [run]
    assert f"{page}.when_finished" not in keys(anew())


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_keeps_the_class_hears_that_no_backup_can_be_made(classroom, monkeypatch, language):
    said = translate(NoRoomForBackup.sentence, language).format(free=3, needed=51)
    assert said not in [warning.value for warning in classroom.open("teacher", language).warning]
    monkeypatch.setattr(error_notice, "no_backup", NoRoomForBackup(free=3, needed=51))
    assert said in [warning.value for warning in classroom.open("teacher", language).warning]
    assert said not in [warning.value for warning in classroom.open("a student", language).warning]
