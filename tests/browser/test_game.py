"""The guessing game in a real browser: a choice among words is scored, and what the machine expected is shown."""

import re

from playwright.sync_api import expect

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from sample_corpora import SAMPLES
from tests.runs.examples import wait_until

SCORE = ".st-key-game-score [data-testid=stMetricValue]"


def a_run_of_words(server) -> str:
    """A run on a text that everyone may read, trained for a few steps."""
    store = Store(server.data)
    text = store.add_text(owner=None, name="village", content=SAMPLES["village"].text()[:20_000], kind="lines", encoding="utf-8")
    training = TrainingConfig(stop="steps", stop_after=10.0, batch_size=4, sequence_length=8)
    config = RunConfig(TokenizerConfig(level="word"), ModelConfig(embedding_size=8, hidden_size=16), training)
    run = store.add_run(owner="somebody", text_id=text.id, name="village", config=config)
    worker.work(server.data, run.id)  # unless a process of the server was faster
    wait_until(lambda: store.run(run.id).shown_status == "finished")
    return run.id


def test_a_guess_in_words_is_scored(server, new_browser):
    page = new_browser()
    page.goto(f"{server.url}/game?lang=en&run={a_run_of_words(server)}")
    expect(page.locator(".st-key-game-choices button")).to_have_count(6)  # five words, and none of these
    expect(page.locator(SCORE)).to_have_text(["0 / 0"] * 3)
    expect(page.locator(".guessed-line .gap")).to_have_text("?")

    page.locator(".st-key-game-other button").click()
    page.locator(".guessed-line .line .missed").wait_for()
    expect(page.locator(SCORE)).to_have_text(["0 / 1", re.compile(" / 1$"), re.compile(" / 1$")])
    expect(page.locator(".st-key-game-bars .row")).to_have_count(6)  # its five guesses, and all the rest

    while page.locator(".guessed-line .gap").count():  # to the end of the line
        known = page.locator(".guessed-line .line .token").count()
        page.locator(".st-key-game-other button").click()
        page.locator(".guessed-line .line .token").nth(known).wait_for()
    page.get_by_test_id("stDataFrame").wait_for()
    page.locator(".st-key-game-next button").click()
    page.get_by_text("Line 2 of", exact=False).wait_for()
    assert not page.faults
