"""A file of a run is missing or damaged: each page says so in a sentence, or does without it."""

import pytest

from lmcore.errors import CheckpointsDamaged, LmcoreError, TextChanged, TextMissing, TokenizerDamaged
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from pages.parts.language import translate
from pages.parts.run import held_out, model_cache, ngram_cache
from tests.pages.situations import TEXT

FILES = {
    "tokenizer": lambda store, run: [RunFolder.of(store.folder, run.id).tokenizer_path],
    "checkpoints": lambda store, run: RunFolder.of(store.folder, run.id).checkpoints(),
    "counts": lambda store, run: [RunFolder.of(store.folder, run.id).counts_path],
    "film": lambda store, run: list(RunFolder.of(store.folder, run.id).film_path.iterdir()),
    "run": lambda store, run: [RunFolder.of(store.folder, run.id).configuration_path],
    "text": lambda store, run: [data_folder.text_path(store.folder, store.text(run.text_id).sha256)],
}
DAMAGES = {"missing": lambda path: path.unlink(), "garbage": lambda path: path.write_bytes(b"\xff{garbage" * 20)}


@pytest.fixture
def damaged(ids):
    """A function that damages files of the finished run; afterwards they are whole again."""
    store = Store(ids["data"])
    kept = {}

    def forget():
        model_cache._loaded.cache_clear()
        held_out._lines.clear()
        ngram_cache._digest.cache_clear()

    def damaged(name: str, damage: str, run_id: str):
        for path in FILES[name](store, store.run(run_id)):
            kept[path] = path.read_bytes()
            DAMAGES[damage](path)
        forget()

    yield damaged
    for path, content in kept.items():
        path.write_bytes(content)
    forget()


def said(app) -> list[str]:
    assert not app.exception
    return [element.value for element in (*app.error, *app.warning, *app.info)]


EVERYWHERE = [
    ("explore", {}),
    ("explore", {"view": "why"}),
    ("explore", {"view": "film"}),
    ("write", {}),
    ("game", {}),
    ("train", {}),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_no_page_goes_wrong(open_page, damaged, ids, name, damage):
    damaged(name, damage, ids["finished"])
    for page, address in EVERYWHERE:
        assert LmcoreError.sentence not in said(open_page(page, run=ids["finished"], **address)), page


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("page", ["explore", "write"])
def test_a_damaged_tokenizer_and_damaged_checkpoints_are_named(open_page, damaged, ids, page, lang):
    damaged("tokenizer", "garbage", ids["finished"])
    sentence = translate(TokenizerDamaged.sentence, lang)
    assert any(text.startswith(sentence[: sentence.index("{")]) for text in said(open_page(page, lang=lang, run=ids["finished"])))
    damaged("checkpoints", "garbage", ids["finished"])
    found = said(open_page(page, lang=lang, run=ids["finished"]))
    count = len(RunFolder.of(ids["data"], ids["finished"]).checkpoints())
    assert found == [translate(CheckpointsDamaged.sentence, lang).format(count=count)]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("damage", "error"), [("missing", TextMissing), ("garbage", TextChanged)])
def test_nobody_is_promised_to_go_on_without_the_text(open_page, damaged, ids, damage, error, lang):
    assert open_page("train", lang=lang, run=ids["interrupted"]).button(key="live.resume")
    damaged("text", damage, ids["interrupted"])
    app = open_page("train", lang=lang, run=ids["interrupted"])
    assert translate(error.sentence, lang) in said(app)
    assert "live.resume" not in [button.key for button in app.button]
    app = open_page("runs", lang=lang)
    assert f"runs.resume.{ids['interrupted']}" not in [button.key for button in app.button]
    Store(ids["data"]).add_text(owner="ben", name="the same", content=TEXT, kind="stream", encoding="utf-8")
    assert open_page("train", lang=lang, run=ids["interrupted"]).button(key="live.resume")
