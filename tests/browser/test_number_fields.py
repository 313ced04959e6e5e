"""An impossible number, typed as people type: refused in the page's language, and nothing is trained with another."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize(
    ("typed", "said"),
    [("300", "设置“学习率”的值是 300，必须在 0.000001 到 10 之间。"), ("", "“学习率”还没有填，请填 0.000001 到 10 之间的数。")],
)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_number_out_of_range_is_refused_in_chinese(server, new_browser, typed, said, width):
    page = new_browser("zh-CN")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server.url}/train?lang=zh")
    field, start = page.get_by_label("学习率", exact=True), page.get_by_role("button", name="开始训练")
    expect(start).to_be_enabled(timeout=60_000)
    field.fill(typed)
    start.click(force=True)  # with no key pressed in between
    expect(page.get_by_text(said)).to_have_count(2, timeout=60_000)
    expect(start).to_be_disabled(timeout=60_000)
    assert "run=" not in page.url
    expect(page.get_by_text("Number is")).to_have_count(0)
    field.fill("0.05")
    field.press("Enter")
    expect(start).to_be_enabled(timeout=60_000)
    assert page.faults == []
