"""A class in real browsers: a room, a student who joins and hands in a real run, a board that grows by itself, thirty at once."""

import re
import shutil
import threading

from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import identity
from pages.parts.language import translate
from tests.browser.raw_replay import Tab
from tests.pages.situations import a_config

SECRET = "nobody may know what the swing said to mr crow that night\n"
STUDENTS = 30
NAME = "a run about the swing"
POINTS = """() => (document.querySelector('.st-key-class-board .js-plotly-plot')?.data ?? []).flatMap(trace =>
    trace.hovertext.map((hover, place) => ({name: hover.match(/<b>(.*?)<\\/b>/)[1], place: trace.customdata[place]})))"""
POSITIONS = """() => [...document.querySelectorAll('.st-key-class-board .scatterlayer .point')].map(point => {
    const box = point.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
})"""


def trained(server, owner: str, name: str = NAME) -> str:
    """A run that has really been trained -> its id."""
    store = Store(server.data)
    text = store.add_text(owner=owner, name=name, content=SECRET * 60, kind="stream", encoding="utf-8")
    run_id = store.add_run(owner=owner, text_id=text.id, name=name, config=a_config(), first=True).id
    while store.run(run_id).shown_status != "finished":  # unless the server's own workers take it first
        worker.work(server.data, run_id)
    return run_id


def copy_of(store: Store, run_id: str, owner: str) -> str:
    """The same run for another visitor."""
    run = store.run(run_id)
    copied = store.add_run(owner=owner, text_id=run.text_id, name=run.name, config=run.requested).id
    with store.database.writing() as connection:
        row = dict(connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone())
        kept = {name: row[name] for name in row if name not in ("number", "id", "owner", "queued", "created")}
        connection.execute(f"UPDATE runs SET {', '.join(f'{name} = ?' for name in kept)} WHERE id = ?", (*kept.values(), copied))
    shutil.copytree(RunFolder.of(store.folder, run_id).path, RunFolder.of(store.folder, copied).path, dirs_exist_ok=True)
    return copied


def visitor_of(page) -> str:
    (value,) = [cookie["value"] for cookie in page.context.cookies() if re.match("next_word_(?!class_)", cookie["name"])]
    return value.rpartition(".")[0]


def names(page) -> list[str]:
    return sorted(point["name"] for point in page.evaluate(POINTS))


def wait_for_names(page, *expected: str):
    page.wait_for_function(
        f"wanted => JSON.stringify(({POINTS})().map(point => point.name).sort()) === wanted", arg=_json(expected)
    )


def _json(expected) -> str:
    return "[" + ",".join(f'"{name}"' for name in sorted(expected)) + "]"


def open_menu(box):
    """A menu closes when the page scrolls: its box is brought into view first."""
    still = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    box.evaluate(f"async box => {{ box.scrollIntoView({{ block: 'center', behavior: 'instant' }}); await {still}; }}")
    box.click()


def open_a_room(page, server, language: str = "en") -> str:
    page.goto(f"{server.url}/classroom?lang={language}")
    page.locator(".st-key-class-open button").click()
    page.wait_for_url(re.compile("room="))
    page.locator(".st-key-class-close button").wait_for()
    return re.search("room=(\\w+)", page.url)[1]


def test_a_board_grows_by_itself_and_tells_what_it_may(server, new_browser):
    teacher, student = new_browser(), new_browser("zh-CN")
    code = open_a_room(teacher, server)
    assert teacher.locator("svg, img").count()  # the join address as a picture

    student.goto(f"{server.url}/classroom")
    student.locator(".st-key-class-code input").fill(f"{code[:3].lower()} {code[3:].lower()}")
    student.locator(".st-key-class-go button").click()
    student.locator(".st-key-class-nickname input").fill("小明")
    student.locator(".st-key-class-join_now button").click()
    student.get_by_text(translate("Train a model", "zh")).last.wait_for()
    run_id = trained(server, visitor_of(student))
    student.reload()
    student.locator(".st-key-class-hand_in button").click()
    student.locator(".st-key-class-take_back button").wait_for()

    wait_for_names(teacher, "小明")  # without reloading the page
    teacher.locator(".st-key-class-hidden input:enabled").wait_for()  # and it can be hidden
    teacher.mouse.click(*teacher.evaluate(POSITIONS)[0])
    teacher.locator(".st-key-class-curve .js-plotly-plot").wait_for()
    teacher.get_by_text("its student has not shared that").wait_for()
    told = teacher.content() + teacher.evaluate(
        f"JSON.stringify([({POINTS})(), [...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data)])"
    )
    assert not [words for words in (NAME, "swing", run_id, visitor_of(student)) if words in told]

    student.locator(".stCheckbox label").click()
    student.locator(".st-key-class-hand_in button:enabled").click()
    teacher.get_by_text(NAME, exact=True).wait_for()  # ticked: its name and what it writes
    teacher.locator(".st-key-class-anonymous label").click()
    for page in (teacher, student):
        page.wait_for_function(f"() => ({POINTS})().some(point => point.name.includes('1') && !point.name.includes('小'))")

    with teacher.expect_download() as download:
        teacher.locator(".st-key-class-csv button").click()
    table = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert table[0].startswith("Name,Model,Learning rate") and table[1].startswith("No. 1,LSTM 16") and len(table) == 2
    assert "swing" not in "".join(table)

    open_menu(teacher.locator(".st-key-class-hidden input"))
    teacher.get_by_role("option", name="No. 1").click()
    student.get_by_text(translate("Nothing is handed in yet. Points appear here by themselves.", "zh")).wait_for()
    teacher.keyboard.press("Escape")
    teacher.locator(".st-key-class-close button").click()
    teacher.locator(".st-key-class-close_now button").click()
    student.locator(".st-key-class-hand_in").wait_for(state="detached")
    teacher.locator(".st-key-class-delete button").click()
    teacher.locator(".st-key-class-delete_now button").click()
    teacher.locator(".st-key-class-open button").wait_for()
    assert "room=" not in teacher.url
    student.reload()
    student.locator(".st-key-class-code input").wait_for()
    assert Store(server.data).run(run_id) is not None
    assert not teacher.faults + student.faults


def test_thirty_hand_in_at_once_and_the_board_shows_all(server, new_browser, monkeypatch):
    """Thirty websockets press the button in the same moment."""
    monkeypatch.setenv("NEXT_WORD_DATA", str(server.data))
    teacher, store = new_browser(), Store(server.data)
    code, rooms = open_a_room(teacher, server), Rooms(store)
    students = [f"student-{number}" for number in range(STUDENTS)]
    first = trained(server, students[0])
    runs = {name: first if name == students[0] else copy_of(store, first, name) for name in students}
    tabs, together = [], threading.Barrier(STUDENTS)
    for name in students:
        rooms.join(code, name, name)
        tabs.append(Tab(server.url, f"{identity.cookie_name()}={identity.issue(name)}"))
        tabs[-1].open("classroom", f"lang=en&room={code}")

    def hand_in(tab):
        together.wait()
        tab.open("classroom", f"lang=en&room={code}", **{tab.id_of("class.hand_in"): {"trigger_value": True}})

    pressing = [threading.Thread(target=hand_in, args=(tab,)) for tab in tabs]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()
    wait_for_names(teacher, *students)
    board = rooms.board(code)
    assert {entry.visitor: entry.run.id for entry in board} == runs
    assert sorted(entry.number for entry in board) == list(range(1, STUDENTS + 1))
    for tab in tabs:
        tab.socket.close()
    assert not teacher.faults
