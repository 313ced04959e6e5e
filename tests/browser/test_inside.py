"""The page Inside in a browser: a unit is knocked out, and its effect stands beside random sets."""


def test_a_unit_is_knocked_out(server, new_browser, run):
    page = new_browser()
    page.goto(f"{server.url}/inside?view=reading&lang=en&run={run.id}")
    bars = page.locator(".st-key-inside-knock_out-bars .bars path, .st-key-inside-knock_out-bars .point path")
    bars.first.wait_for(state="attached")
    chosen = page.get_by_text("held-out tokens:").first
    chosen.wait_for()
    said = chosen.inner_text()
    page.get_by_role("spinbutton").first.fill("4")
    page.get_by_role("spinbutton").first.press("Enter")
    page.get_by_role("button", name="Add unit 4").click()
    page.wait_for_function(
        "said => { const all = document.body.innerText; return all.includes('Perplexity of') && !all.includes(said) }", arg=said
    )
    assert "random sets of 2" in page.get_by_text("held-out tokens:").first.inner_text()
    assert not page.faults
