"""What words lose of a text is said before training, and beside every figure that charges for it."""

from dataclasses import replace

import pytest

from lmcore.config import RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import ArchiveWrongValue, WordsNotCut
from lmcore.runs.exchange import transfer
from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts.language import translate
from pages.parts.run import comparison, run_labels
from tests.pages.situations import OWNER, a_config
from tests.runs.run_files import members, packed, take_in, with_json

NOTHING_LOST = "Cut into words, the held-out text loses nothing: every word is known, every space comes back."
SPACES = "我们用AI。我们用 AI。\n" * 300  # as often with a space as without
THAI = "ภาษาไทยเขียนติดกันโดยไม่เว้นวรรคระหว่างคำ แบบจำลองภาษาทำนายคำถัดไป\n" * 60
REFUSED = WordsNotCut(beginning=THAI[:20])


def text_of(ids, name: str, content: str) -> str:
    return Store(ids["data"]).add_text(owner=OWNER, name=name, content=content, kind="stream", encoding="utf-8").id


def captions(app) -> str:
    return "\n".join(caption.value for caption in app.caption)


def test_a_text_that_words_keep_whole_is_said_to_lose_nothing(open_page, ids):
    app = open_page("text", text=ids["text"], lang="en")
    assert "Cut into words" not in captions(app)
    app.segmented_control(key="text.tokenizer").set_value("word").run()
    assert NOTHING_LOST in captions(app)


def cut_into(app, page: str, kind: str):
    return app.segmented_control(key="text.tokenizer" if page == "text" else "settings.level").set_value(kind).run()


@pytest.mark.parametrize("page", ["text", "train"])
def test_what_words_lose_is_said_before_training(open_page, ids, page):
    app = open_page(page, text=text_of(ids, f"spaces on {page}", SPACES), lang="en")
    app = cut_into(app, page, "word")
    # of the 9 places of a line, two may stand apart or joined: one is written wrongly
    assert "0.0% of the held-out tokens are unknown, and 11.1% of the spaces come back wrong." in captions(app)
    assert "for the unknown words and 0.0" in captions(app)


@pytest.mark.parametrize("page", ["text", "train"])
def test_a_script_that_words_cannot_cut_is_refused_before_training(open_page, ids, pool, page):
    app = open_page(page, text=text_of(ids, f"Thai on {page}", THAI), lang="en")
    app = cut_into(app, page, "word")
    assert [error.value for error in app.error] == [str(REFUSED)]
    assert "请选择字符或子词" in translate(REFUSED.sentence, "zh")
    app = cut_into(app, page, "subword")
    assert not app.error and not app.exception
    assert page == "text" or not app.button(key="train.start").disabled


@pytest.fixture(scope="module")
def of_words(tmp_path_factory):
    """(store, run): a run of words, trained on a text whose spaces are by lot."""
    store = Store(tmp_path_factory.mktemp("words"))
    text = store.add_text(owner=OWNER, name="words", content=SPACES, kind="stream", encoding="utf-8")
    config = replace(a_config(), tokenizer=TokenizerConfig("word"))
    run = store.add_run(owner=OWNER, text_id=text.id, name="words", config=config, pinned_context="我们")
    worker.work(store.folder, run.id)
    return store, store.run(run.id)


def test_a_run_of_words_knows_the_parts_of_its_bits_per_byte(of_words):
    _, run = of_words
    parts = marks.beside_tokens(run)
    assert parts["spelling"] == 0 and 0.02 < parts["spacing"] < run.best_bits_per_byte
    assert run_labels.parts_in_short(run) == f"of that 0.00 spelling, {parts['spacing']:.2f} spaces"
    assert any(f"{parts['spacing']:.3f} say where spaces stand" in run_labels.note(entry) for entry in run.notes)
    assert not run_labels.is_uncharged(run)
    table = comparison.results_table(["words"], [run], [None])
    assert table["of that, spaces"] == [round(parts["spacing"], 4)]


def test_a_run_of_words_whose_parts_are_not_known_is_named(of_words):
    old = replace(of_words[1], notes=[])
    assert run_labels.is_uncharged(old) and run_labels.parts_in_short(old) == "spaces may be left out"


@pytest.mark.parametrize("with_text", [True, False])
def test_the_parts_travel_with_the_run(of_words, tmp_path, with_text):
    store, run = of_words
    imported = take_in(Store(tmp_path), "ben", transfer.export_run(store, run.id, with_text))
    assert marks.beside_tokens(imported) == marks.beside_tokens(run) is not None
    assert run_labels.parts_in_short(imported) == run_labels.parts_in_short(run)


def test_a_file_of_an_older_version_knows_no_parts(of_words, tmp_path):
    found = members(transfer.export_run(of_words[0], of_words[1].id))
    older = with_json(found, "config.json", lambda values: (values.pop("pauses"), values.pop("beside_tokens")))
    assert run_labels.is_uncharged(take_in(Store(tmp_path), "ben", packed(older.items())))


@pytest.mark.parametrize("more", [1e-9, 3.0])
def test_parts_larger_than_the_whole_are_refused(of_words, tmp_path, more):
    store, run = of_words
    least = min(row.bits_per_byte for row in store.evaluations(run.id))
    found = with_json(
        members(transfer.export_run(store, run.id)),
        "config.json",
        lambda values: values["beside_tokens"].update(spelling=0, spacing=least + more),
    )
    with pytest.raises(ArchiveWrongValue) as refused:
        take_in(Store(tmp_path), "ben", packed(found.items()))
    assert (refused.value.values["name"], refused.value.values["field"]) == ("config.json", "beside_tokens")


def test_other_runs_have_no_parts(of_words):
    characters = replace(of_words[1], notes=[], requested=RunConfig(), resolved=RunConfig(training=TrainingConfig()))
    assert run_labels.parts_in_short(characters) == "" and not run_labels.is_uncharged(characters)
    assert "of that, spaces" not in comparison.results_table(["characters"], [characters], [None])
