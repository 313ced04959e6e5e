"""Every page in every language and situation: it shows itself, and no error."""

import re

import pytest

from pages.parts import links
from pages.parts.language import LANGUAGES, translate
from tests.pages.situations import UNKNOWN

TITLES = {
    "home": ["What comes next?"],
    "lesson": ["Lesson"],
    "glossary": ["Words"],
    "text": ["Your text"],
    "train": ["Train a model", "Training"],
    "runs": ["Your runs"],
    "explore": ["Explore"],
    "write": ["Write"],
    "inside": ["Inside"],
    "applications": ["Applications"],
    "compare": ["Compare"],
    "scale": ["Scale"],
    "game": ["Beat the machine"],
    "classroom": ["Class"],
}
SITUATIONS = ("nothing", "running", "finished", "interrupted", "queued", "failed", "other", "unknown")


NO_RUN = "There is no run with this address. It may have been deleted, or the link is incomplete."
CHOOSE = "No run is chosen yet. Train a model, or open one of your runs."
TOO_EARLY = "This run has no checkpoint yet: it is {status}. Its first one comes a second or two after training begins."
NO_LINE = (
    "There is no line to play with: the text is too short to hold a part of it back from training, or every line that was held back "
    "also stands in the training text word for word. Train on a longer text, or play with the example."
)
NO_TASK = "The text of the chosen run has no prompts and answers. Choose a task below, or leave that run."
NEEDS_A_RUN = {"nothing": CHOOSE, "unknown": NO_RUN, "queued": TOO_EARLY}
SAID = {  # page: {situation: what the visitor reads or can press there}
    "home": dict.fromkeys(SITUATIONS, "Train it yourself"),
    "lesson": dict.fromkeys(SITUATIONS, "Begin"),
    "glossary": dict.fromkeys(SITUATIONS, "perplexity"),
    "text": {"nothing": "Bring a text", "unknown": "Bring a text"},
    "train": {
        "nothing": "Start training",
        "running": "Pause",
        "finished": "New run with these settings",
        "interrupted": "Resume",
        "queued": "Waiting for a free place: number {position} in the queue. Training begins by itself.",
        "failed": "Try again with learning rate {rate:.3g}",
        "other": "This run belongs to someone else: you can look at it, but not change it.",
        "unknown": NO_RUN,
    },
    "runs": dict.fromkeys(SITUATIONS, "Explore"),
    "explore": dict.fromkeys(SITUATIONS, "Continue this text") | NEEDS_A_RUN,
    "write": dict.fromkeys(SITUATIONS, "Write on") | NEEDS_A_RUN,
    "inside": dict.fromkeys(SITUATIONS, "Read this sentence") | NEEDS_A_RUN,
    "applications": dict.fromkeys(SITUATIONS, NO_TASK) | {"nothing": "Train ({seconds} s)", "unknown": NO_RUN},
    "compare": {"nothing": "Choose runs to see their curves over each other. With two, the page says what changed between them."},
    "scale": dict.fromkeys(SITUATIONS, "Its memory while it trains") | NEEDS_A_RUN,
    "game": dict.fromkeys(SITUATIONS, NO_LINE) | NEEDS_A_RUN,
    "classroom": dict.fromkeys(SITUATIONS, "Join a room"),
}
WORDS = ("title", "header", "subheader", "markdown", "caption", "text", "info", "warning", "error")
WIDGETS = ("button", "text_area", "text_input", "expander", "metric")


def read(app) -> str:
    """All that stands on the page, and the names of what can be pressed or filled."""
    words = [element.value for kind in WORDS for element in app.get(kind)]
    return "\n".join(map(str, words + [element.label for kind in WIDGETS for element in app.get(kind)]))


def as_pattern(sentence: str) -> str:
    return re.sub(r"\\{[^{}]*\\}", ".*", re.escape(sentence))


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
    if situation in SAID[page]:
        assert re.search(as_pattern(translate(SAID[page][situation], language)), read(app))
