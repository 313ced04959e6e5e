"""Every page in every language and situation: it shows itself, and no error."""

import pytest

from pages.parts import links
from pages.parts.language import LANGUAGES, translate
from tests.pages.situations import UNKNOWN

TITLES = {
    "home": ["What comes next?"],
    "text": ["Your text"],
    "train": ["Train a model", "Training"],
    "runs": ["Your runs"],
    "explore": ["Explore"],
    "write": ["Write"],
    "compare": ["Compare"],
    "game": ["Beat the machine"],
    "classroom": ["Class"],
}
SITUATIONS = ("nothing", "running", "finished", "interrupted", "queued", "failed", "other", "unknown")


def test_the_table_knows_every_page():
    assert set(TITLES) == set(links.PAGES)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", TITLES)
def test_every_page_shows_itself(open_page, here, page, language, situation):
    address = {"nothing": {}, "unknown": {"run": UNKNOWN}}.get(situation) or (
        {"run": here[situation]} if situation in here else {}
    )
    app = open_page(page, lang=language, **address)
    assert not app.exception
    assert [title.value for title in app.title][:1] in [[translate(title, language)] for title in TITLES[page]]
    if situation == "unknown" and page in ("train", "explore"):
        assert translate("There is no run with this address. It may have been deleted, or the link is incomplete.", language) in [
            warning.value for warning in app.warning
        ]
