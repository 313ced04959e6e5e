"""One visitor against another: Ben sends Anna's addresses, her widgets' states and her very messages, and gets and changes nothing."""

import re
from functools import partial

import pytest

from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from tests.browser.raw_client import http
from tests.browser.raw_replay import Tab
from tests.pages.situations import a_config

LINES = ["Dear diary, nobody may know", "that I am afraid of the swing", "and of Mr. Crow, who caws."]
DIARY = "\n".join(LINES * 40)
VALUES = (
    {"trigger_value": True},
    {"string_value": "taken over"},
    {"bool_value": True},
    {"double_value": 0.5},
    {"string_array_value": {"data": ["lines"]}},
    {"int_array_value": {"data": [1]}},
    {"string_trigger_value": {"data": ":material/delete: Delete"}},
)
TABLES = (("runs", "owner"), ("texts", "owner"), ("rooms", "owner"), ("room_members", "visitor"), ("hand_ins", "visitor"))


def somebody(server) -> tuple[str, str]:
    """(cookie, id) of a new visitor."""
    pair = http("GET", f"{server.url}/").headers["set-cookie"].split(";")[0]
    return pair, pair.partition("=")[2].rpartition(".")[0]


class Anna:
    """A visitor with a run that trains, one that was stopped, a private text, and a room with a point in it."""

    def __init__(self, server):
        self.cookie, self.id = somebody(server)
        self.store, rooms = Store(server.data), Rooms(Store(server.data))
        self.text = self.store.add_text(owner=self.id, name=LINES[0], content=DIARY, kind="stream", encoding="utf-8")
        add = partial(self.store.add_run, owner=self.id, text_id=self.text.id, config=a_config(), pinned_context="Dear diary")
        self.live, self.ended = add(name=f"{LINES[0]}, run 1"), add(name=f"{LINES[0]}, run 2")
        with self.store.database.writing() as connection:
            connection.execute("UPDATE runs SET status = 'running' WHERE id = ?", (self.live.id,))
            connection.execute("INSERT INTO evaluations VALUES (?, 10, 2.0, 3.0, 1, 'abc', 'Dear', '[]')", (self.live.id,))
            connection.execute("UPDATE runs SET status = 'stopped' WHERE id = ?", (self.ended.id,))
        self.room = rooms.open(self.id).code
        rooms.join(self.room, self.id, "Anna")
        rooms.hand_in(self.room, self.id, self.live.id)
        self.pages = {
            "train": f"run={self.live.id}",
            "runs": "",
            "text": f"text={self.text.id}",
            "classroom": f"room={self.room}",
            "compare": f"runs={self.live.id},{self.ended.id}",
        }

    def rows(self) -> list:
        """All that is hers; without what a worker counts."""
        with self.store.database.reading() as connection:
            return [
                {**dict(row), "heartbeat": 0}
                for table, column in TABLES
                for row in connection.execute(f"SELECT * FROM {table} WHERE {column} = ?", (self.id,))
            ]


@pytest.fixture(scope="module")
def anna(server):
    anna = Anna(server)
    with RunFolder.of(server.data, anna.live.id).lock():  # as its worker would, so that it trains all the time
        yield anna
    anna.store.delete(anna.live.id)


@pytest.fixture(scope="module")
def hers(server, anna):
    """Her own visit -> (ids of her widgets, the address of her download, her session, what her browser sent)."""
    with Tab(server.url, anna.cookie) as tab:
        said = "".join(tab.open(page, f"lang=en&{query}") for page, query in anna.pages.items())
        assert all(line in said for line in LINES)
        keys = set(tab.widgets.values())
        wanted = {"live.stop", "live.pause", "live.rate.set", "live.pinned", "class.x", "class.anonymous", "class.close"}
        wanted |= {"class.delete", f"text.kind.{anna.text.id}", f"text.share.{anna.text.id}", "text.train", "class.hand_in"}
        assert wanted <= keys
        assert any(key.startswith("runs.") and anna.ended.id in key for key in keys)
        media = re.findall(r"/media/[0-9a-f]+\.csv", said)
        assert media
        return dict(tab.widgets), media[0], tab.session, list(tab.sent)


@pytest.fixture
def ben(server):
    return somebody(server)


def tells_nothing(said: str):
    assert not [line for line in (*LINES, "Dear diary, ") if line in said]


@pytest.mark.parametrize("page", ["train", "runs", "text", "classroom", "compare"])
def test_her_widgets_pressed_by_another_change_nothing(server, anna, hers, ben, page):
    widgets, query = hers[0], f"lang=en&{anna.pages[page]}"
    before = anna.rows()
    with Tab(server.url, ben[0]) as tab:
        tells_nothing(tab.open(page, query))
        foreign = [widget_id for widget_id in widgets if widget_id not in tab.widgets]
        assert foreign
        for value in VALUES:
            tells_nothing(tab.open(page, query, **dict.fromkeys(foreign, value)))
    assert anna.rows() == before


def test_her_messages_replayed_by_another_change_nothing(server, anna, hers, ben):
    """What her browser sent, and what it would send if she pressed her buttons."""
    widgets, _media, _session, sent = hers
    ids = {key: widget_id for widget_id, key in widgets.items()}
    pressing = {
        "train": ("live.stop", "live.pause", "live.rate.set"),
        "runs": tuple(key for key in ids if key.startswith("runs.") and anna.ended.id in key),
        "text": ("text.train",),
        "classroom": ("class.close", "class.delete", "class.take_back", "class.hand_in"),
    }
    before = anna.rows()
    with Tab(server.url, ben[0]) as tab:
        for raw in sent:
            tells_nothing(tab.send(raw))
        for page, keys in pressing.items():
            for key in keys:
                if key in ids:
                    tells_nothing(tab.open(page, f"lang=en&{anna.pages[page]}", **{ids[key]: {"trigger_value": True}}))
        tells_nothing(tab.open("train", f"lang=en&text={anna.text.id}"))
        start = tab.id_of("train.start")
        tab.open("train", f"lang=en&text={anna.text.id}", **{start: {"trigger_value": True}})
    assert anna.rows() == before
    runs = anna.store.runs(ben[1])
    assert runs and all(run.text_id != anna.text.id for run in runs)  # it began, on a text that everybody may read
    for run in runs:
        anna.store.delete(run.id)


def test_the_same_messages_from_her_do_change_something(server, anna, hers):
    """So the tests above press what can be pressed."""
    ids = {key: widget_id for widget_id, key in hers[0].items()}
    with Tab(server.url, anna.cookie) as tab:
        tab.open("train", f"lang=en&run={anna.live.id}")
        tab.open("train", f"lang=en&run={anna.live.id}", **{ids["live.pause"]: {"trigger_value": True}})
        assert _want(anna) == "pause"
        anna.store.request(anna.live.id, "run")
        tab.open("classroom", f"lang=en&room={anna.room}")
        tab.open("classroom", f"lang=en&room={anna.room}", **{ids["class.anonymous"]: {"bool_value": True}})
        assert Rooms(anna.store).room(anna.room).anonymous
        Rooms(anna.store).set(anna.room, anonymous=False)
        tab.open("text", f"lang=en&text={anna.text.id}")
        for shared in (True, False):
            tab.open("text", f"lang=en&text={anna.text.id}", **{ids[f"text.share.{anna.text.id}"]: {"bool_value": shared}})
            assert anna.store.text(anna.text.id).shared == shared


def _want(anna) -> str:
    with anna.store.database.reading() as connection:
        return connection.execute("SELECT want FROM runs WHERE id = ?", (anna.live.id,)).fetchone()["want"]


def test_her_tab_taken_over_with_another_cookie_forgets_her(server, anna, ben):
    """A tab that comes back after a fresh start in another one: the same session, another visitor. Callbacks run before the page."""
    for page, key, value in (
        ("train", "live.pinned", {"string_value": "taken over"}),
        ("classroom", "class.anonymous", {"bool_value": True}),
        ("classroom", "class.hidden", {"string_array_value": {"data": ["Anna"]}}),
        ("text", "text.paste", None),
    ):
        query = f"lang=en&{anna.pages[page]}"
        with Tab(server.url, anna.cookie) as hers:
            hers.open(page, query)
            if value is None:
                hers.open(page, query, **{hers.id_of(key): {"string_value": LINES[1]}})
        before = anna.rows()
        with Tab(server.url, ben[0], session=hers.session) as taken:
            states = {hers.id_of(key): value} if value else {}
            said = taken.open(page, query, **states)
            assert taken.session == hers.session  # it really is hers
            tells_nothing(said)
        assert anna.rows() == before


def test_what_her_tab_remembers_is_not_for_another(server, anna, ben):
    """She deletes a run and leaves; another visitor in her tab cannot undo it."""
    run = anna.store.add_run(owner=anna.id, text_id=anna.text.id, name="third", config=a_config())
    delete = {"string_trigger_value": {"data": ":material/delete: Delete"}}
    with Tab(server.url, anna.cookie) as hers:
        hers.open("runs", "lang=en")
        hers.open("runs", "lang=en", **{hers.id_of(f"runs.more.{run.id}"): delete})
        assert anna.store.run(run.id) is None
    with Tab(server.url, ben[0], session=hers.session) as taken:
        taken.open("runs", "lang=en", **{hers.id_of("runs.undo"): {"trigger_value": True}})
        assert taken.session == hers.session and "runs.undo" not in taken.widgets.values()
    assert anna.store.run(run.id) is None


def test_a_download_has_an_address_that_only_its_page_knows(server, anna, hers, ben):
    """Its address is the hash of what is in it. Another's page never names it; a guess finds nothing."""
    media = hers[1]
    with Tab(server.url, ben[0]) as tab:
        for page in ("runs", "compare", "classroom"):
            assert media not in tab.open(page, "lang=en")
    wrong = media.replace(media[7], "0" if media[7] != "0" else "1", 1)
    assert len(media.split("/")[-1].split(".")[0]) >= 32 and http("GET", server.url + wrong).status_code == 404
    assert http("GET", f"{server.url}/media/").status_code != 200 or "csv" not in http("GET", f"{server.url}/media/").text


@pytest.mark.parametrize("address", ["run", "text"])
def test_a_text_that_is_shared_is_read_and_no_longer_when_it_is_not(server, anna, ben, address):
    query = f"lang=en&run={anna.live.id}" if address == "run" else f"lang=en&text={anna.text.id}"
    with Tab(server.url, ben[0]) as tab:
        tells_nothing(tab.open("text", query))
        anna.store.share_text(anna.text.id, True)
        said = tab.open("text", query)
        assert all(line in said for line in LINES) and f"text.share.{anna.text.id}" not in tab.widgets.values()
        anna.store.share_text(anna.text.id, False)
        tells_nothing(tab.open("text", query))
