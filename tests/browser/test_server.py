"""The server's own life: it ends politely, leaves nothing behind, and what was training goes on when it comes back."""

import signal
import time

import psutil
import pytest

from lmcore.runs.store import Store
from tests.browser.server import Server
from tests.pages.situations import TEXT, a_config


def wait_for(condition, seconds: float = 60.0):
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "not true in time"
        time.sleep(0.05)
    return value


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_end_saves_its_runs_and_leaves_no_process(tmp_path, told):
    server = Server(tmp_path).start()
    try:
        store = Store(tmp_path)
        text = store.add_text(owner="anna", name="cats", content=TEXT, kind="stream", encoding="utf-8")
        long = a_config().with_training(stop_after=1_000_000.0, evaluation_interval=50)
        run = store.add_run(owner="anna", text_id=text.id, name="long", config=long)
        store.queue_first(run.id)
        wait_for(lambda: store.run(run.id).step > 100)
        family = [server.process, *psutil.Process(server.process.pid).children(recursive=True)]
        server.process.send_signal(told)
        server.process.wait(20)
        wait_for(lambda: not any(psutil.pid_exists(process.pid) for process in family[1:]), 20)
        ended = store.run(run.id)
        assert ended.shown_status == "queued" and ended.step > 100
        server.start()
        wait_for(lambda: store.run(run.id).step > ended.step + 10)
        steps = store.steps(run.id).step
        assert (steps[1:] - steps[:-1] == 1).all() and steps[0] == 1  # none twice, none missing
    finally:
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
