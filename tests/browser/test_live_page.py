"""The page of a run on a projector: the curve and what the model writes are seen at once, what is technical is folded away."""

import pytest
from playwright.sync_api import expect

from lmcore.runs.store.store import Store
from tests.pages.situations import TEXT, a_config
from tests.runs.examples import wait_until


@pytest.mark.parametrize(("language", "details"), [("en", "Technical details"), ("zh", "技术细节")])
def test_curve_and_sample_are_seen_together(server, new_browser, language, details):
    page = new_browser()
    page.goto(f"{server.url}/train?lang={language}")  # its server trains what waits
    page.get_by_role("heading", level=1).wait_for()
    store = Store(server.data)
    text = store.add_text(owner="anna", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    run = store.add_run(owner="anna", text_id=text.id, name="cats", config=a_config(), first=True)
    wait_until(lambda: store.run(run.id).shown_status == "finished", seconds=120)
    page.goto(f"{server.url}/train?lang={language}&run={run.id}")
    expect(page.locator(".live-chart .main-svg").first).to_be_visible(timeout=60_000)
    for part in (".live-chart .plot", "[data-testid=stCode]"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900, part
    expect(page.get_by_text(details)).to_be_visible()
    expect(page.get_by_text("Muon 0.02")).not_to_be_visible()
    assert page.faults == []
