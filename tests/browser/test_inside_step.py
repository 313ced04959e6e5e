"""Looking inside in a real browser: a training step is opened, a hundred more are taken, and the bars move."""

BARS = ".st-key-inside-step-bars .step-bars"
TARGET = f"{BARS} .row.target"


def share(page, panel: str) -> float:
    """How much of its track a bar of the true token fills."""
    return page.locator(f"{TARGET} .{panel} .bar").evaluate("(bar) => bar.offsetWidth / bar.parentElement.clientWidth")


def test_a_step_is_opened_and_a_hundred_more_move_the_bars(server, new_browser, run_id):
    page = new_browser()
    page.goto(f"{server.url}/inside?lang=en&view=step&run={run_id}")
    page.locator(TARGET).wait_for()
    page.locator(".st-key-inside-step-magnified-False").get_by_role("radio", name="100%", exact=True).click()
    page.wait_for_timeout(700)  # bars grow to their length
    before = [share(page, panel) for panel in ("p", "slope", "after")]
    assert before[0] < 0.3 and before[1] > 0.35  # random weights: p is small, so p - y is nearly -1

    page.locator(".st-key-inside-step-go100 button").click()
    page.wait_for_function(
        """() => {
          const find = (root, name) => [...root.querySelectorAll("*")].flatMap((node) =>
            [...(node.matches(name) ? [node] : []), ...(node.shadowRoot ? find(node.shadowRoot, name) : [])]);
          const [bar] = find(document, ".row.target .after .bar");
          return bar && bar.offsetWidth > 0.9 * bar.parentElement.clientWidth;
        }"""
    )
    after = [share(page, panel) for panel in ("p", "slope", "after")]
    assert after[0] > 0.9 > before[0] and after[1] < 0.05 and after[2] > 0.9

    page.locator(".st-key-inside-step-back button").click()
    page.wait_for_function(
        """() => {
          const find = (root, name) => [...root.querySelectorAll("*")].flatMap((node) =>
            [...(node.matches(name) ? [node] : []), ...(node.shadowRoot ? find(node.shadowRoot, name) : [])]);
          const [bar] = find(document, ".row.target .p .bar");
          return bar && bar.offsetWidth < 0.3 * bar.parentElement.clientWidth;
        }"""
    )
    assert not page.faults
