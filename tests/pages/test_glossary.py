"""The glossary: each term complete in every language, each once, each leading to a page that exists; and the page that lists them."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from pages.parts import glossary, links
from pages.parts.language import LANGUAGES, translate

WRITTEN = tomllib.loads(Path(glossary.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
VIEWS = {"explore": {"next", "sentence", "why", "film"}, "inside": {"step", "code", "reading", "layers", "words", "past"}}


@pytest.mark.parametrize("term", WRITTEN)
def test_every_term_is_complete(term):
    entry = WRITTEN[term]
    assert set(entry) <= {"page", "view"} | {f"{part}{language}" for language in LANGUAGES for part in ("", "forms_", "say_")}
    assert entry["page"] in links.PAGES and entry.get("view") in {None, *VIEWS.get(entry["page"], ())}
    assert 4 <= len(entry["say_en"].split()) <= 30 and 8 <= len(entry["say_zh"]) <= 70
    assert entry["say_en"].endswith(".") and entry["say_zh"].endswith("。")
    assert entry["say_en"].count(". ") <= 1  # one sentence, and at most a warning


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_write_a_term_is_of_one_term(language):
    forms = Counter(form.casefold() for term in glossary.terms(language) for form in {form.casefold() for form in term.forms})
    assert forms.most_common(1)[0][1] == 1
    assert [form for form in forms if len(form) < 2] in ([], ["熵"])  # a single character stands in too many other words


@pytest.mark.parametrize(("language", "wanted", "shown"), [("en", "困惑度", "perplexity"), ("zh", "perplexity", "困惑度")])
def test_a_term_is_found_by_its_name_in_either_language(open_page, language, wanted, shown):
    app = open_page("glossary", lang=language)
    assert len(app.subheader) > 4
    app.text_input(key="glossary.find").set_value(wanted).run()
    assert len(app.subheader) == 1 and any(shown in found.value for found in app.markdown)
    app.text_input(key="glossary.find").set_value("zzz").run()
    assert not app.subheader and translate(
        "No word with “{text}”. Try a shorter part of it, or the word in the other language.", language
    ).format(text="zzz") in [found.value for found in app.info]
