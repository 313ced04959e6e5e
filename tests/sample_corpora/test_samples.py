"""What the pages rely on, for every sample: its kind, its context, and that its description is true."""

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from lmcore.config import TokenizerConfig
from lmcore.text.corpus import Corpus
from lmcore.text.kinds import KINDS, guess_kind, items
from lmcore.tokenizers import build_tokenizer
from sample_corpora import SAMPLES, help_text, village
from sample_corpora.tasks import TASKS

ROOT = Path(__file__).parents[2]
every_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def test_they_come_in_the_order_in_which_they_are_shown():
    assert list(SAMPLES) == ["fables-en", "fables-zh", "village", "names-en", "names-zh", "notices", "help"]
    assert all(sample.id == key for key, sample in SAMPLES.items())


@every_sample
def test_titles_and_descriptions_are_in_both_languages(sample):
    assert sample.title.keys() == sample.description.keys() == {"en", "zh"}
    for words in (sample.title["zh"], sample.description["zh"]):
        assert re.search("[\u4e00-\u9fff]", words)
    for description in sample.description.values():
        assert ("PSF" in description) if sample.id == "help" else ("MIT" in description)


@every_sample
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_size_in_the_description_is_right(sample, language):
    kilobytes = int(re.search(r"(\d+) kB", sample.description[language])[1])
    assert kilobytes == pytest.approx(len(sample.text().encode()) / 1000, rel=0.1)


@pytest.mark.parametrize("name", ["fables-en", "fables-zh", "village", "names-en", "names-zh", "notices"])
def test_the_number_of_items_in_the_description_is_right(name):
    number = len(items(SAMPLES[name].text(), SAMPLES[name].kind))
    for description in SAMPLES[name].description.values():
        assert int(re.search(r"\d,\d{3}", description)[0].replace(",", "")) == pytest.approx(number, rel=0.1)


@every_sample
def test_the_kind_would_also_be_guessed(sample):
    assert sample.kind in KINDS
    assert guess_kind(sample.text()) == sample.kind


@every_sample
def test_its_tokenizer_knows_its_context(sample):
    tokenizer = build_tokenizer(TokenizerConfig(level=sample.tokenizer), Corpus.from_text(sample.text(), sample.kind).train)
    assert len(tokenizer.encode(sample.context)) > 0
    assert tokenizer.unknown_pieces(sample.context) == []


@every_sample
def test_a_sentence_of_it_begins_with_its_context(sample):
    assert re.search(rf"^{sample.context}|[.。“\n ]{sample.context}", sample.text())


@every_sample
def test_a_text_is_made_once(sample):
    assert sample.text() is sample.text()


def test_only_the_village_has_a_grammar():
    assert {name: sample.grammar for name, sample in SAMPLES.items() if sample.grammar} == {"village": village.GRAMMAR}


def test_a_sample_does_not_change():
    with pytest.raises(FrozenInstanceError):
        SAMPLES["help"].kind = "lines"


def test_help_is_all_that_the_interpreter_has():
    from pydoc_data.topics import topics

    assert all(topic.strip() in help_text.text() for topic in topics.values())


def test_importing_the_package_makes_no_text():
    code = "import sys, sample_corpora\nprint([name for name in sys.modules if 'fables' in name or 'pydoc_data' in name])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "[]", result.stderr


def test_the_readme_has_a_row_for_each():
    readme = (ROOT / "sample_corpora" / "README.md").read_text(encoding="utf-8")
    texts, _, tasks = readme.partition("## Tasks")
    assert re.findall(r"^\| `([\w-]+)`", texts, re.M) == list(SAMPLES)
    rows = re.findall(r"^\| (`[^|]+) \|", tasks.partition("\n## ")[0], re.M)
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} == set(TASKS)
