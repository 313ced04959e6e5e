"""What a visitor waits for, in a real browser on a real server: `python benchmarks/first_minute.py`.

First bars at the very first start (in a browser that has never been here), at a later one and of a later visit (in one that has); from the click to the first point of the curve; what watching costs a run.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

from lmcore.config import RunConfig, TrainingConfig  # noqa: E402
from lmcore.runs.store.store import Store  # noqa: E402
from tests.browser.conftest import CHROMIUM, SWITCHES  # noqa: E402
from tests.browser.raw_visitor import RawVisitor  # noqa: E402
from tests.browser.server import Server  # noqa: E402

BARS = ".bars .row"
LOADED_SECONDS = 8.0
POINTS = "() => (document.querySelector('.live-chart .js-plotly-plot')?.data?.[0]?.x?.length ?? 0) > 0"


def first_bars(browser, server: Server) -> float:
    """Seconds from the start of the server, or from the click on its address where it runs, to the first bars of the home page."""
    began = time.perf_counter()
    if not server.answers():
        server.start()
    page = browser.new_page()
    page.goto(server.url)
    page.wait_for_selector(BARS, timeout=120_000)
    seconds = time.perf_counter() - began
    page.close()
    return seconds


def click_to_point(browser, server: Server) -> float:
    page = browser.new_page()
    page.goto(server.url)
    page.wait_for_selector(BARS)
    page.wait_for_timeout(1_500)
    began = time.perf_counter()
    page.locator(".st-key-home-train button").click()
    page.wait_for_function(POINTS, polling=20)
    seconds = time.perf_counter() - began
    page.locator(".st-key-live-stop button").click()
    page.wait_for_timeout(1_500)
    page.close()
    return seconds


@contextmanager
def in_browser(browser, server: Server, run_id: str):
    """The run's page here: what it draws is drawn by the processor that trains."""
    page = browser.new_page()
    page.goto(f"{server.url}/train?run={run_id}")
    yield
    page.close()


@contextmanager
def from_elsewhere(server: Server, run_id: str):
    """The run's page in a browser of another machine: it asks as often, and nothing is drawn here."""
    over = threading.Event()

    async def watch():
        cookie = httpx.get(server.url).headers["set-cookie"].split(";")[0]
        async with RawVisitor(server.url, cookie) as visitor:
            await visitor.go("train", f"run={run_id}")
            await asyncio.to_thread(over.wait)

    watching = threading.Thread(target=lambda: asyncio.run(watch()))
    watching.start()
    yield
    over.set()
    watching.join()


def tokens_per_second(store: Store, steps: int, watched) -> float:
    """Of one run's steps by the clock, all but the first fifth, in which a browser loads the page. watched: id -> a context manager."""
    text = next(text for text in store.texts(None) if text.sample == "fables-zh")
    config = RunConfig(training=TrainingConfig(stop="steps", stop_after=float(steps)))
    run = store.add_run(owner="benchmark", text_id=text.id, name="measured", config=config)
    with watched(run.id):
        while store.run(run.id).shown_status != "finished":
            time.sleep(0.2)
    done = store.steps(run.id)
    first = len(done.step) // 5
    return (done.tokens[-1] - done.tokens[first]) / (done.seconds[-1] - done.seconds[first])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1_500, help="of a run that is watched, or not")
    parser.add_argument("--watching", action="store_true", help="only what watching costs")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        first, later, visits, clicks = [], [], [], []
        waiting = 0 if options.watching else options.repeats
        for _ in range(waiting):
            with tempfile.TemporaryDirectory() as folder:
                server = Server(Path(folder))
                first.append(first_bars(browser, server))
                server.stop()
        with tempfile.TemporaryDirectory() as folder:
            server, store = Server(Path(folder)), Store(Path(folder))
            server.start()
            while not (runs := store.demos()) or any(run.status != "finished" for run in runs):
                time.sleep(1)
            known = browser.new_context()  # keeps Streamlit's scripts
            first_bars(known, server)
            for _ in range(waiting):
                server.stop()
                later.append(first_bars(known, server))
                time.sleep(LOADED_SECONDS)
                visits.append(first_bars(known, server))
            clicks += [click_to_point(browser, server) for _ in range(waiting)]
            ways = {
                "no visitor": lambda run_id: nullcontext(),
                "elsewhere": lambda run_id: from_elsewhere(server, run_id),
                "here": lambda run_id: in_browser(browser, server, run_id),
            }
            speeds = [
                {way: tokens_per_second(store, options.steps, how) for way, how in ways.items()} for _ in range(options.repeats)
            ]
            server.stop()
        browser.close()
    print(f"medians of {options.repeats}\n\n| what | |\n|---|---|")
    if waiting:
        print(f"| start of the very first server → first bars | {statistics.median(first):.1f} s |")
        print(f"| start of a later one → first bars | {statistics.median(later):.1f} s |")
        print(f"| a visit to a server that runs → first bars | {statistics.median(visits):.1f} s |")
        print(f"| click → first point of the curve | {statistics.median(clicks):.2f} s |")
    for way in ("elsewhere", "here"):
        kept = statistics.median(speed[way] / speed["no visitor"] for speed in speeds)
        print(f"| tokens per second, watched from {way} / not watched | {kept:.3f} |")


if __name__ == "__main__":
    main()
