"""A server and a browser for the tests that need both. Without a browser they are skipped; where CI runs, they fail instead."""

import os
import shutil
import time

import pytest

from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from tests.browser.examples import short_examples
from tests.browser.server import Server
from tests.pages.situations import TEXT, a_config

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(short_examples(tmp_path_factory.mktemp("server"))).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def run(server):
    """A finished run that has no owner, so that no test changes it."""
    store = Store(server.data)
    text = store.add_text(owner=None, name="cats", content=TEXT, kind="stream", encoding="utf-8")
    run_id = store.add_run(owner=None, text_id=text.id, name="cats", config=a_config(), pinned_context="the ca", first=True).id
    until = time.monotonic() + 60
    while store.run(run_id).shown_status != "finished":  # unless the server's own workers take it first
        worker.work(server.data, run_id)
        assert time.monotonic() < until
        time.sleep(0.1)
    return store.run(run_id)


@pytest.fixture(scope="session")
def run_id(run):
    return run.id


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        message = "no Chromium found (on Debian: apt-get install chromium fonts-noto-cjk)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


def is_fault(message) -> bool:
    """Streamlit asks for its health below the page's address first, and finds nothing there."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


@pytest.fixture
def new_browser(chromium):
    """A new browser: its own cookies, its own language."""
    contexts = []

    def new_browser(language: str = "en-US", **more):
        context = chromium.new_context(locale=language, viewport={"width": 1280, "height": 900}, **more)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: page.faults.append(message.text) if is_fault(message) else None)
        return page

    yield new_browser
    for context in contexts:
        context.close()
