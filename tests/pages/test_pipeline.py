"""The pipeline above the pages: where it stands, what it says of a run and of a text, which station is lit, where it leads."""

import math

import pytest

from lmcore.models import parameter_count
from lmcore.runs.store.store import Store
from pages.parts import links, pipeline, visitor
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import run_labels
from tests.pages.situations import UNKNOWN


def above(app) -> list[str]:
    """The captions of the pipeline, and those that follow it: a lesson's card may stand above."""
    said = [caption.value for caption in app.main.caption]
    begin = next((number for number, words in enumerate(said) if words.endswith(" kB")), len(said))
    return said[max(0, begin - 1) : begin + 8]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", pipeline.LIT)
def test_it_says_the_figures_of_the_run(open_page, here, page, language):
    app = open_page(page, lang=language, run=here["finished"])
    run = Store(here["data"]).run(here["finished"])
    types = run_labels.vocabulary_size(here["data"], run.id)
    figures = (f"{types:,}", f"{parameter_count(run.resolved.model, types):,}", f"{run.best_loss:.2f}")
    for wanted in (*figures, f"{math.exp(run.best_loss):.1f}", translate("characters", language)):
        assert any(wanted in words for words in above(app)), (wanted, above(app))


@pytest.mark.parametrize("page", sorted(set(links.PAGES) - set(pipeline.LIT)))
def test_a_page_about_neither_has_none(open_page, here, page):
    assert not any("cats · " in words for words in above(open_page(page, run=here["finished"])))


def test_of_a_text_alone_it_says_what_is_known(open_page, here):
    assert "cats · 6 kB" in above(open_page("train", text=here["text"]))
    assert not any("cats · " in words for words in above(open_page("train", run=UNKNOWN)))


def test_a_run_under_way_says_so_and_another_s_text_is_not_named(open_page, here, monkeypatch):
    assert "running · under way" in above(open_page("explore", run=here["running"]))
    monkeypatch.setattr(visitor, "current", lambda: "cleo")
    assert above(open_page("explore", run=here["finished"]))[:2] == ["text", "Someone’s text · 6 kB"]


def test_every_station_leads_to_its_page(here, monkeypatch):
    run, text = Store(here["data"]).run(here["finished"]), Store(here["data"]).text(here["text"])
    assert visitor.current() == run.owner
    leads = {name: page for name, (page, _label, _figures) in pipeline.stations(run, text).items()}
    assert leads == {"text": "text", "cutting": "text", "network": "inside", "model": "train", "probabilities": "explore"}
    leads = {name: page for name, (page, _label, _figures) in pipeline.stations(None, text).items()}
    assert leads == {"text": "text", "cutting": "text", "network": "train", "model": "train", "probabilities": None}
