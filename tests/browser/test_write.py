"""Writing in a real browser: choose a word from the list, step back, let the model write on, look at a token."""

from lmcore.runs.store.store import Store

VIEW = ".st-key-write-view"
TOKENS = f"{VIEW} .token[data-position]"
COUNT_TOKENS = f"""() => {{
  const find = (root) => [...root.querySelectorAll("*")].flatMap((node) =>
    [...(node.classList.contains("token") && node.dataset.position ? [node] : []), ...(node.shadowRoot ? find(node.shadowRoot) : [])]);
  window.seen = [];
  const view = document.querySelector("{VIEW}");
  window.watching = setInterval(() => {{
    const count = find(view).length;
    if (count !== window.seen.at(-1)) window.seen.push(count);
  }}, 20);
}}"""


def open_write(page, server) -> str:
    """The page of an example run, as soon as that can be looked at."""
    page.goto(server.url)
    page.locator(".st-key-home-bars button.row").first.wait_for()
    store = Store(server.data)
    run = next(run for run in store.demos() if run.name == "fables-en")
    page.goto(f"{server.url}/write?run={run.id}&lang=en")
    page.locator(".st-key-write-choices button.row").first.wait_for()


def wait_for_tokens(page, count: int):
    page.locator(TOKENS).nth(count - 1).wait_for()
    page.locator(TOKENS).nth(count).wait_for(state="detached")


def test_choose_step_back_write_on(server, new_browser):
    page = new_browser()
    open_write(page, server)
    choices = page.locator(".st-key-write-choices button.row")
    wanted = choices.nth(1).locator(".name").inner_text()
    choices.nth(1).click()
    wait_for_tokens(page, 1)
    first = page.locator(TOKENS).first
    assert first.inner_text().strip() == wanted and "chosen" in first.get_attribute("class")
    assert f"“{wanted}” was chosen by you" in page.locator(f"{VIEW} .said").inner_text()
    choices.first.click()
    wait_for_tokens(page, 2)
    page.locator(".st-key-write-back button").click()
    wait_for_tokens(page, 1)
    assert page.locator(TOKENS).first.inner_text().strip() == wanted

    page.evaluate(COUNT_TOKENS)
    page.locator(".st-key-write-on button").click()
    wait_for_tokens(page, 41)
    page.locator(".st-key-write-on button").wait_for()  # instead of the button that stops
    seen = page.evaluate("() => { clearInterval(window.watching); return window.seen; }")
    assert seen == sorted(seen) and len(seen) > 3  # it came bit by bit

    page.locator(TOKENS).nth(5).click()
    page.get_by_text("What could have come in the place of token 6:").wait_for()
    assert "selected" in page.locator(TOKENS).nth(5).get_attribute("class")
    said = page.locator(f"{VIEW} .said").inner_text()
    assert page.locator(f"{VIEW} .needle span").inner_text() in said  # the number on the bar is the number in the sentence
    assert not page.faults
