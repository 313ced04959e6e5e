"""The page of a text: what its kind means, what its settings cost, and how it is deleted."""

import pytest

from lmcore.config import TokenizerConfig
from lmcore.runs.store.store import Store
from lmcore.runs.worker import memory_limits
from lmcore.text.decoding import one_line
from pages.parts import texts, visitor
from pages.parts.run import starting
from sample_corpora import SAMPLES
from tests.lmcore.texts_of_kinds import KIND_OF
from tests.pages.situations import OWNER, a_config


@pytest.fixture
def bring(ids):
    def bring(content: str, kind: str = "stream", owner: str | None = OWNER, **more):
        return Store(ids["data"]).add_text(owner=owner, name="brought", content=content, kind=kind, encoding="pasted", **more)

    return bring


def shown(app) -> str:
    return "\n".join(str(element.value) for element in (*app.text, *app.caption, *app.markdown))


def test_each_kind_is_explained_in_the_text_s_own_lines(open_page, bring):
    verse = KIND_OF["verse without blank lines"][1]
    first, second = verse.split("\n")[:2]
    app = open_page("text", text=bring(verse, "lines").id)
    assert f"240 items, each read from a fresh beginning: when “{second}” begins, nothing is known of “{first}”." in shown(app)
    assert "All of it would be one item." in shown(app)
    assert "Held back for validation: 24 of them by lot (10%), such as “" in shown(app)
    assert "240 项，每项都从头读起" in shown(open_page("text", text=bring(verse, "lines").id, lang="zh"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_quoted_sentence_is_followed_by_no_second_full_stop(open_page, bring, lang):
    for end in ".。":
        text = "\n".join(f"A sentence with the number {number} in it{end}" for number in range(100))
        for kind in ("stream", "lines"):
            said = shown(open_page("text", text=bring(text, kind).id, lang=lang))
            assert f"in it{end}”" in said and not any(two in said for two in (".”.", "。”.", ".”。", "。”。"))


def test_of_two_texts_of_one_name_the_chosen_one_stays_chosen(open_page, bring):
    older, newer = bring("older lines\n" * 200), bring("newer lines\n" * 200)
    for text in (older, newer):
        app = open_page("train", text=text.id)
        assert app.segmented_control(key="settings.level").set_value("word").run().session_state["train.text"] == text.id


@pytest.mark.parametrize("page", ["text", "train"])
def test_a_sorted_table_read_as_running_text_is_warned_of(open_page, bring, page):
    table = KIND_OF["a table sorted by its label"][1]
    words = "0% of its lines begin with “1”, against 37% of those trained on"
    assert words in shown(open_page(page, text=bring(table, "stream").id))
    assert words not in shown(open_page(page, text=bring(table, "lines").id))


@pytest.mark.parametrize(
    ("kind", "types", "caption"),
    [
        ("character", (29, 29), "29 types · "),  # 26 letters, space, line end and <unk>
        ("word", (102, 500), "102 to 10,000 types · "),  # 100 words, line end and <unk>
    ],
)
def test_types_of_a_long_text_are_counted_or_given_as_a_range(open_page, bring, monkeypatch, kind, types, caption):
    """The first part has 100 words; letters that only come later count where they can be counted."""
    words = [chr(97 + n // 10) + chr(97 + n % 10) for n in range(100)]
    text = bring((" ".join(words) + "\n") * 30 + ("klm nop qrs tuv wxyz\n" * 300))
    monkeypatch.setattr(texts, "LOOKED_AT", 3_000)
    assert texts.types(text, TokenizerConfig(kind, 500)) == types
    app = open_page("train", text=text.id)
    assert caption in shown(app.segmented_control(key="settings.level").set_value(kind).run())


def test_a_token_that_is_a_part_of_a_character_is_explained(open_page, bring):
    fables = SAMPLES["fables-zh"].text()[:3_000]
    for text, explained in ((fables, True), ("the cat sat on the mat\n" * 100, False)):
        app = open_page("text", text=bring(text).id)
        app.segmented_control(key="text.tokenizer").set_value("subword").run()
        assert ("and the like are parts of a character" in shown(app)) == explained


@pytest.mark.parametrize(("unreadable", "shows"), [(0, False), (3, True)])
def test_unreadable_characters_are_counted_where_there_are_any(open_page, ids, unreadable, shows):
    text = Store(ids["data"]).add_text(
        owner=OWNER, name="x", content="one two three\n" * 200, kind="stream", encoding="utf-8", unreadable=unreadable
    )
    assert any(metric.label == "Unreadable characters" for metric in open_page("text", text=text.id).metric) == shows


def test_the_form_says_the_memory_by_which_a_run_is_refused(open_page, bring):
    text = bring("one two three\n" * 10_000)
    app = open_page("train", text=text.id)
    config = app.session_state["settings"]
    needed = memory_limits.needed(config, texts.types(text, config.tokenizer)[1], text.characters)
    assert f"about {needed / 1e6:,.0f} MB of memory" in shown(app)


def test_a_text_that_is_looked_at_whole_has_one_count(here, bring):
    text = bring("one two three\n" * 100)
    assert texts.types(text, TokenizerConfig("word", 500)) == (5, 5)  # and line end, <unk>


# deleting


def press(app, key: str):
    return next(button for button in app.button if button.key == key).click().run()


def test_a_text_is_deleted_with_its_runs_after_asking_and_brought_back(open_page, bring, ids):
    store, text = Store(ids["data"]), bring("the fox and the owl\n" * 200)
    run = store.add_run(owner=OWNER, text_id=text.id, name="fox", config=a_config())
    app = press(open_page("text", text=text.id), "text.delete")
    assert "Your runs on it go with it: 1." in shown(app)
    app = press(app, "text.delete_now")
    assert store.text(text.id).deleted and store.run(run.id) is None
    assert "The text was deleted." in shown(app)
    assert any("There is no text with this address" in warning.value for warning in open_page("text", text=text.id).warning)
    press(app, "text.undo")
    assert store.text(text.id).deleted is None and store.run(run.id)


def test_another_s_text_and_a_sample_have_no_button_to_delete_them(open_page, bring, ids):
    bens = bring("abc\n" * 20, owner="ben")
    Store(ids["data"]).share_text(bens.id, True)
    for text in (bring("abc\n" * 20, owner=None), bens):
        assert "text.delete" not in {button.key for button in open_page("text", text=text.id).button}


def test_a_shared_text_that_is_deleted_is_no_longer_read_by_others(here, bring, ids):
    store, text = Store(ids["data"]), bring("a secret of Ben\n" * 20, owner="ben")
    store.share_text(text.id, True)
    assert visitor.may_read(store.text(text.id))
    store.delete_text(text.id)
    assert not visitor.may_read(store.text(text.id))


# names


@pytest.mark.parametrize(
    ("line", "name", "of_run"),
    [
        ("A fox.", "A fox.", "A fox, run 1"),
        ("Once upon a time there was a fox who looked for fish", "Once upon a time there was a fox who…", "Once upon a time there was a fox who…, run 1"),
        ("从前有一只狐狸沿着河边走，想找点东西吃。那时已经是深秋了，树叶都落光了。好几天没有人见过鱼", "从前有一只狐狸沿着河边走，想找点东西吃。那时已经是深秋了，树叶都落光了。好几天…", None),
        ("x" * 50, "x" * 39 + "…", "x" * 39 + "…, run 1"),
    ],
)  # fmt: skip
def test_a_name_that_is_cut_says_so(open_page, here, line, name, of_run):
    open_page("text")
    found = texts.add_pasted(f"{line}\nand so on\n" * 50)
    assert found.name == name and len(name) <= 40
    if of_run:
        assert starting._run_name(found, a_config()) == of_run


def test_a_name_is_cut_between_words():
    assert one_line("word " * 40, 23) == "word word word word…"
