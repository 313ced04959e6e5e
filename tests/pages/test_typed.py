"""What a visitor types is read as training read its text, in every box; tokens that are appended keep their ids."""

from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.models import UniformModel
from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import TOKENIZERS, CharacterTokenizer, SubwordTokenizer, WordTokenizer
from pages.parts import unknown, visitor
from pages.parts.explore import next_words, scoring
from pages.parts.language import LANGUAGES, translate
from pages.parts.run import model_cache

BOXES = [
    ("explore", "next", "text_area", "explore.context"),
    ("explore", "why", "text_area", "explore.context"),
    ("explore", "film", "text_area", "explore.context"),
    ("explore", "sentence", "text_area", "explore.sentence"),
    ("explore", "sentence", "text_area", "explore.second"),
    ("write", None, "text_area", "write.prompt"),
]
TIDY, UNTIDY = "the cat\nsat on", "\ufeffthe c\x00at\u2028sat\x1b on"


def shown(app) -> list[str]:
    said = [element.value for kind in ("caption", "text", "warning", "info", "code") for element in getattr(app, kind)]
    return [*said, *(metric.value for metric in app.metric), *(frame.value.to_csv() for frame in app.dataframe)]


@pytest.mark.parametrize(("page", "view", "kind", "key"), BOXES, ids=lambda value: str(value))
def test_untidy_text_is_read_as_the_tidy_one_in_every_box(open_page, here, page, view, kind, key):
    app = open_page(page, lang="en", run=here["finished"], **({"view": view} if view else {}))
    if key == "explore.second":
        app.toggle(key="explore.two").set_value(True).run()
    answers = []
    for text in (TIDY, UNTIDY):
        getattr(app, kind)(key=key).set_value(text).run()
        answers.append(shown(app))
    assert answers[0] == answers[1] and not app.exception


@pytest.mark.parametrize("end", [" ", "\n", " \n\t", "\u2029"], ids=repr)
def test_white_space_around_a_sentence_is_not_scored(open_page, here, end):
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    answers = []
    for text in ("the cat sat", f"\n\nthe cat sat{end}"):
        app.text_area(key="explore.sentence").set_value(text).run()
        answers.append(shown(app))
    assert answers[0] == answers[1]


def test_a_pinned_context_is_tidied(open_page, here):
    store = visitor.store()
    store.set_pinned_context(here["queued"], UNTIDY)
    assert store.run(here["queued"]).pinned_context == TIDY
    store.set_pinned_context(here["queued"], "the ca")


def a_model(tokenizer, text="", kind="stream") -> TrainedModel:
    """Knows nothing; begins as one trained on the text would."""
    opening = encode(Corpus.from_text(text, kind), tokenizer).opening if text else np.empty(0, np.int64)
    return TrainedModel(lambda: UniformModel(tokenizer.vocabulary_size), tokenizer, 1, kind, opening)


CAFE = "Le café est fermé. Élise est triste. "


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("typed", ["Le cafe\u0301 est", "Le caf\ufeff\u00e9 est", "Le cafe\u0301\x00 est"], ids=ascii)
def test_untidy_text_has_the_ids_of_training(tokenizer, typed):
    made = TOKENIZERS[tokenizer].train(CAFE * 20, 400)
    trained = a_model(made, CAFE * 20)
    expected = made.encode(CAFE * 2).tolist()
    begin = len(made.encode(CAFE[:-1]))
    ids = trained.encode(typed).tolist()
    assert ids == expected[begin + (tokenizer == "character") :][: len(ids)]  # the opening has the space of characters already


@pytest.mark.parametrize("tokenizer", ["character", "word", "subword"])
def test_what_is_clicked_is_what_is_read(tokenizer):
    text = "the cat, the dog. 语言模型 " * 20
    trained = a_model(TOKENIZERS[tokenizer].train(text, 300))
    wanted = trained.tokenizer.encode("the dog. 语言, the")
    context = "the" if tokenizer == "word" else ""
    for token_id in wanted[len(trained.tokenizer.encode(context)) :]:
        assert "\ufffd" not in context
        context = next_words.appended(trained, context, int(token_id))
        assert next_words.ids_of(trained, context)[-1] == token_id
    assert next_words.ids_of(trained, context).tolist() == wanted.tolist()
    assert context == trained.tokenizer.decode(wanted)


def test_a_part_of_a_character_is_shown_by_its_bytes_until_it_is_complete():
    trained = a_model(SubwordTokenizer.train("plain", 260))
    ids = trained.tokenizer.encode("语言").tolist()
    seen, context = [], "a"
    for token_id in ids:
        context = next_words.appended(trained, context, token_id)
        seen.append(context)
    assert seen == ["a<E8>", "a<E8 AF>", "a语", "a语<E8>", "a语<E8 A8>", "a语言"]
    assert next_words.ids_of(trained, "a<E8 AF>").tolist() == [*trained.encode("a"), *ids[:2]]
    assert next_words.ids_of(trained, "a<E8 AF>!").tolist() == trained.encode("a<E8 AF>!").tolist()  # typed over: as it stands


@pytest.mark.parametrize(
    ("tokenizer", "context", "token", "longer"),
    [
        (CharacterTokenizer.train("a b"), "a ", " ", "a  "),
        (WordTokenizer.train("the cat, sat"), "the ", "cat", "the cat"),
        (WordTokenizer.train("the cat, sat"), "the", ",", "the,"),
        (WordTokenizer.train("the cat, sat"), "", "cat", "cat"),
        (WordTokenizer.train("\x1ethe cat\x1ea\x1e"), "the cat", "\x1e", "the cat\n"),
    ],
)
def test_a_clicked_token_is_spaced_as_its_tokenizer_writes(tokenizer, context, token, longer):
    trained = a_model(tokenizer, kind="lines" if tokenizer.begin_id else "stream")
    assert next_words.appended(trained, context, int(tokenizer.encode(token)[0])) == longer


def test_the_ids_of_a_few_contexts_are_kept():
    trained = a_model(CharacterTokenizer.train("abc"))
    for number in range(20):
        next_words.keep(trained, f"context {number}", np.array([1, 2]))
    assert len(st.session_state["context.ids"]) == next_words.KEPT
    assert next_words.ids_of(a_model(CharacterTokenizer.train("abc")), "context 19").tolist() != [1, 2]  # another tokenizer's


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        (" ", "space"),
        ("\n", "line break"),
        ("\t", "tab"),
        ("\u200b", "zero-width space (U+200B)"),
        ("\u3000", "full-width space (U+3000)"),
        ("\u2009", "U+2009"),
        ("\u0301", "U+0301"),
        ("\u200d\u2009", "zero-width joiner (U+200D) U+2009"),
        ("猫", "猫"),
        ("a\u200db", "a\u200db"),
    ],
)
def test_what_cannot_be_seen_is_named(piece, said):
    assert unknown.named(piece) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_way_of_writing_is_offered_and_taken(open_page, here, monkeypatch, language):
    tokenizer = CharacterTokenizer.train("the cat，sat ’n’ on。")
    load = model_cache.load

    def as_if(*asked, **more):
        trained = load(*asked, **more)
        return TrainedModel(lambda: UniformModel(tokenizer.vocabulary_size), tokenizer, trained.step, "stream")

    monkeypatch.setattr(model_cache, "load", as_if)
    app = open_page("write", lang=language, run=here["finished"])
    app.text_area(key="write.prompt").set_value("the cat, sat 'n' ☃").run()
    assert ", → ， · ' → ’" in [text.value for text in app.text]
    assert translate("The training text writes it another way:", language) in [caption.value for caption in app.caption]
    app.button(key="write.prompt.twins").click().run()
    assert app.text_area(key="write.prompt").value == "the cat， sat ’n’ ☃" and not app.exception
    assert "write.prompt.twins" not in [button.key for button in app.button]


# sentences


def test_the_end_of_an_item_is_counted_when_it_is_asked_for():
    tokenizer = WordTokenizer.train("\x1ethe cat\x1ea dog\x1e")
    trained = a_model(tokenizer, kind="lines")
    _marked, begins = scoring.score(trained, "the cat\n")
    marked, ends = scoring.score(trained, "the cat\n", scoring.Asked(with_end=True))
    assert begins.ids.tolist() == ends.ids[:-1].tolist() and ends.ids[-1] == tokenizer.begin_id
    assert ends.log_probs.sum() == pytest.approx(3 * -np.log(tokenizer.vocabulary_size)) and marked.endswith("\x1e")


def test_a_sentence_is_scored_in_its_place(open_page, here):
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    app.text_area(key="explore.sentence").set_value("n the mat and the dog sat").run()
    assert any(info.value.startswith("This stands in the training text, after other words.") for info in app.info)
    fresh = app.metric[2].value
    app.toggle(key="explore.in_place").set_value(True).run()
    assert float(app.metric[2].value) < float(fresh)
    app.text_area(key="explore.sentence").set_value("and the tac").run()
    assert not any("This stands in the training text" in info.value for info in app.info) and not app.exception


def test_before_others_a_text_is_not_scored_in_its_place(open_page, here, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    app = open_page("explore", lang="en", view="sentence", run=here["finished"])
    app.text_area(key="explore.sentence").set_value("n the mat and the dog sat").run()
    assert any(info.value.startswith("This stands in the training text") for info in app.info)
    assert "explore.in_place" not in [toggle.key for toggle in app.toggle]


@pytest.mark.parametrize(
    ("kind", "text", "sentence", "before"),
    [
        ("stream", "One cat. Two dogs. Three birds. ", "Two dogs.", " Two dogs."),
        ("blocks", "One cat.\nTwo dogs.\n\nThree birds.\n\n", "Two dogs.", "Two dogs."),
        ("blocks", "One cat.\nTwo dogs.\n\nThree birds.\n\n", "One cat.", None),
        ("lines", "One cat.\nTwo dogs.\n", "Two dogs.", None),
    ],
)
def test_where_a_sentence_stands(monkeypatch, kind, text, sentence, before):
    from lmcore.text.text_index import TextIndex

    corpus = Corpus.from_text(text * 20, kind)
    tokenizer = SubwordTokenizer.train(corpus.train, 300)
    data = encode(corpus, tokenizer)
    index = TextIndex.of(data, tokenizer.vocabulary_size)
    monkeypatch.setattr(scoring.ngram_cache, "counts", lambda *_: SimpleNamespace(index=index))
    monkeypatch.setattr(visitor, "data_folder", lambda: None)
    found = scoring.in_training_text(None, a_model(tokenizer, text * 20, kind), sentence)
    if before is None:
        assert found is None
        return
    assert found[0] == before
    assert tokenizer.decode(found[1]).endswith("One cat." if kind == "stream" else "One cat.\n")
