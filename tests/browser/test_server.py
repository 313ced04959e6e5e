"""The server's own life: it ends politely, leaves nothing behind, and what was training goes on when it comes back."""

import os
import signal
import socket
import sqlite3
import sys
import time
from contextlib import closing

import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lmcore.errors import StoreTooNew
from lmcore.runs.store import backups
from lmcore.runs.store.store import Store
from pages.parts.language import LANGUAGES, translate
from tests.browser.examples import finished_examples
from tests.browser.raw_client import PATIENCE, http, texts
from tests.browser.server import Server
from tests.pages.situations import TEXT, a_config


def wait_for(condition, seconds: float = 120.0):
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "not true in time"
        time.sleep(0.05)
    return value


def an_endless_run(data):
    """(store, run)"""
    store = Store(data)
    text = store.add_text(owner="anna", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    long = a_config().with_training(stop_after=1_000_000.0, evaluation_interval=50)
    return store, store.add_run(owner="anna", text_id=text.id, name="long", config=long)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_end_saves_its_runs_and_leaves_no_process(tmp_path, told):
    server = Server(finished_examples(tmp_path)).start()
    try:
        store, run = an_endless_run(tmp_path)
        store.queue_first(run.id)
        wait_for(lambda: store.run(run.id).step > 100)
        family = [server.process, *psutil.Process(server.process.pid).children(recursive=True)]
        server.process.send_signal(told)
        server.process.wait(60)
        wait_for(lambda: not any(psutil.pid_exists(process.pid) for process in family[1:]))
        ended = store.run(run.id)
        assert ended.shown_status == "queued" and ended.step > 100
        server.start()
        wait_for(lambda: store.run(run.id).step > ended.step + 10)
        steps = store.steps(run.id).step
        assert (steps[1:] - steps[:-1] == 1).all() and steps[0] == 1  # none twice, none missing
    finally:
        server.stop()


def test_a_killed_server_comes_back_to_runs_that_went_on(tmp_path):
    """kill -9 while a run trains; its page at the new server shows it live. No other run waits: this one would give way to it at the
    end of its slice, and no server would start it again."""
    server = Server(finished_examples(tmp_path)).start()
    try:
        store, run = an_endless_run(tmp_path)
        wait_for(lambda: store.run(run.id).step > 100)
        server.process.kill()
        server.process.wait()
        killed_at = store.run(run.id).step
        wait_for(lambda: store.run(run.id).step > killed_at + 20)  # without a server it goes on
        server.start()
        begin = store.run(run.id)
        said = texts(server.url, "train", f"lang=en&run={run.id}")
        assert begin.shown_status == "running" and "training" in said and "interrupted" not in said
        wait_for(lambda: store.run(run.id).step > begin.step + 20)
        steps = store.steps(run.id).step
        assert (steps[1:] - steps[:-1] == 1).all() and steps[0] == 1  # one writer: none twice, none missing
        store.request(run.id, "stop")
        wait_for(lambda: store.run(run.id).shown_status == "stopped")
    finally:
        server.stop()
    wait_for(lambda: not left_behind(tmp_path))


def left_behind(data) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["cmdline"]) if str(data) in " ".join(process.info["cmdline"] or [])]


def test_a_store_that_cannot_be_used_is_said_on_the_page_and_the_server_goes_on(tmp_path):
    """Newer than the code, then right again, then damaged: three situations of one server."""
    store = Store(tmp_path)
    text = store.add_text(owner="anna", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    path = tmp_path / backups.STORE
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA user_version = 99")
    server = Server(tmp_path).start()
    try:
        for language in ("en", "zh"):
            for page in ("", "runs", "classroom"):
                said = texts(server.url, page, f"lang={language}")
                assert translate(StoreTooNew.sentence, language).format(version=99) in said and "Traceback" not in said
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        assert "newer version" not in texts(server.url, "runs", "lang=en")  # no restart needed
        wait_for(lambda: all(run.step for run in Store(tmp_path).demos()))  # it looked again, and trains
        wait_for(lambda: backups.backups(tmp_path))
    finally:
        server.stop()
    path.write_bytes(b"garbage " * 1000)
    try:
        server.start()
        for language, word in (("en", "was damaged"), ("zh", "损坏了")):
            said = texts(server.url, "runs", f"lang={language}")
            assert word in said and "store.damaged-1.sqlite" in said
        assert Store(tmp_path).text(text.id) == text and (tmp_path / "store.damaged-1.sqlite").read_bytes() == b"garbage " * 1000
    finally:
        server.stop()


@pytest.mark.parametrize("query", ["run=../../x", "run=1%20OR%201=1", "run=" + "a" * 10_000, "run=%ff%00%ed%a0%80&lang=%00"])
def test_an_address_that_can_not_be_gets_a_page(server, query):
    assert http("GET", f"{server.url}/explore?{query}").status_code == 200
    said = texts(server.url, "explore", query)
    assert "There is no run with this address" in said and "Traceback" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_name_is_refused_in_a_sentence(server, language):
    """A site that lets its own name point here would share this server's pages and cookies."""
    foreign = f"elsewhere.example:{server.port}"
    answer = http("GET", f"{server.url}/train", headers={"host": foreign, "accept-language": language})
    sentence = translate("This server does not answer under the name “{name}”.", language)
    assert answer.status_code == 403 and sentence.format(name="<strong>elsewhere.example</strong>") in answer.text
    assert "NEXT_WORD_HOSTS=elsewhere.example" in answer.text and "set-cookie" not in answer.headers
    answer = http("GET", server.url, headers={"host": "<script>alert(1)</script>"})
    assert answer.status_code in (400, 403) and "<script>" not in answer.text
    assert http("GET", f"{server.url}/_stcore/health", headers={"host": foreign}).text == "ok"


@pytest.mark.parametrize(
    "origin", ["http://elsewhere.example:{port}", "http://localhost:1", "http://127.0.0.1:1", "null", "http://localhost"]
)
@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "elsewhere.example:{port}"])
def test_a_page_of_another_server_gets_no_websocket_and_no_answer(server, host, origin):
    host, origin = host.format(port=server.port), origin.format(port=server.port)
    address = f"ws://{host}/_stcore/stream"
    with socket.create_connection(("127.0.0.1", server.port)) as line, pytest.raises(InvalidStatus) as refused:
        connect(address, sock=line, subprotocols=["streamlit"], origin=origin, open_timeout=PATIENCE)
    assert refused.value.response.status_code == 403
    for path in ("/", "/_stcore/host-config", "/_stcore/upload_file/a/b"):
        answer = http("PUT", server.url + path, headers={"host": host, "origin": origin})
        assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("size", [5_000, 8_100, 8_300, 20_000, 59_000])
def test_a_browser_with_the_cookies_of_many_programs_gets_its_page(server, size):
    """Those of all ports of localhost add up."""
    assert "Next Word" in texts(server.url, "", "lang=en", many_cookies(size))
    assert http("GET", server.url, headers={"cookie": many_cookies(size)}).status_code == 200


@pytest.mark.parametrize("size", [61_000, 100_000, 250_000])
@pytest.mark.parametrize("language", LANGUAGES)
def test_too_many_cookies_are_refused_in_a_sentence(server, language, size):
    answer = http("GET", f"{server.url}/train", headers={"cookie": many_cookies(size), "accept-language": language})
    assert answer.status_code == 431 and translate("Too many cookies", language) in answer.text
    assert f"{size // 1000} kB" in answer.text and "next_word_" in answer.text


def many_cookies(size: int) -> str:
    """A Cookie header of this length."""
    return "".join(f"program{number}={'x' * 900}; " for number in range(size // 900 + 1))[:size]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_other_accounts_of_the_machine_read_nothing(tmp_path):
    """Whatever is usual on the machine, and whatever an older version has left."""
    data = tmp_path / "data"
    Store(data)
    (data / "cookie.key").write_text("a" * 64)
    for path in (data, data / backups.STORE):
        path.chmod(0o755)
    server = Server(data, NEXT_WORD_CLASS_PIN="402917")
    usual = os.umask(0o022)
    try:
        server.start()
        os.umask(0o077)  # what this test writes itself is none of the server's
        store, run = an_endless_run(data)
        wait_for(lambda: store.run(run.id).step > 50 and backups.backups(data))
        by_this_test = {"server.log", "cookie.key"}
        written = {
            path.name: path.stat().st_mode for path in (data, *data.rglob("*")) if path.name not in by_this_test and path.exists()
        }
        assert {"data", "store.sqlite", "spare", "store-1.sqlite", "tokenizer.json", "worker.log", "starter.log"} <= set(written)
        assert [name for name, mode in written.items() if mode & 0o077] == []
    finally:
        os.umask(usual)
        server.stop()


def test_nothing_but_this_server_is_asked_for_anything(server, new_browser):
    page = new_browser()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    page.locator(".bars .row").first.wait_for()
    page.goto(f"{server.url}/text")
    page.get_by_role("heading", name="Your text").wait_for()
    assert asked and all(url.startswith((server.url, "data:", "blob:")) for url in asked)


def test_what_was_deleted_long_ago_is_removed_for_good_when_a_server_starts(tmp_path):
    server, store = Server(finished_examples(tmp_path)), Store(tmp_path)
    text = store.add_text(owner="anna", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    old, new = (store.add_run(owner="anna", text_id=text.id, name=name, config=a_config()) for name in ("old", "new"))
    for run in (old, new):
        store.request(run.id, "stop")
        store.delete(run.id)
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET deleted = '2020-01-01T00:00:00.000+00:00' WHERE id = ?", (old.id,))

    def kept():
        with store.database.reading() as connection:
            return {row["id"] for row in connection.execute("SELECT id FROM runs WHERE owner = 'anna'")}

    try:
        assert kept() == {old.id, new.id}
        server.start()
        wait_for(lambda: kept() == {new.id})
        store.undelete(new.id)
        assert store.run(new.id).name == "new"
    finally:
        server.stop()
