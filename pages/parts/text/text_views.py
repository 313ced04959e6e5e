"""What a text looks like to a model: how it was read, its kind and splits, its tokens under each tokenizer, their counts."""

from dataclasses import replace

import numpy as np
import streamlit as st

from lmcore.config import TokenizerConfig, choices
from lmcore.errors import TextError
from lmcore.text import statistics
from lmcore.text.kinds import KINDS
from pages.parts import texts, visitor
from pages.parts.components import plots, token_names
from pages.parts.components.token_view import token_view
from pages.parts.error_sentences import sentence
from pages.parts.language import _
from pages.parts.run import charts, setting_labels
from pages.parts.text import encodings, split_views, word_losses

SHOWN_CHARACTERS = 1_500
SHOWN_ONCE = 60
LETTER = 20  # pixels, of a capital in a large figure


def how_it_was_read(text):
    content = visitor.store().content(text.id)
    st.subheader(_("How it was read"))
    st.text(texts.name(text))
    row = st.container(horizontal=True, gap="medium")
    row.metric(_("Characters"), f"{text.characters:,}", width=charts.FIGURE)
    row.metric(_("Bytes (UTF-8)"), f"{text.bytes:,}", width=150)
    if text.encoding != "pasted":  # a browser sends characters, not bytes
        encoding = encodings.name(text.encoding)
        row.metric(_("Encoding"), encoding, width=max(charts.FIGURE, LETTER * len(encoding)))
        if text.unreadable:
            row.metric(_("Unreadable characters"), f"{text.unreadable:,}", help=_("shown as � in the text"), width=200)
    if text.unreadable:
        st.warning(
            _(
                "{count} characters could not be read. If the lines below look like nonsense, upload the file again and choose its encoding by hand."
            ).format(count=f"{text.unreadable:,}")
        )
    if text.changes:
        st.caption(
            _("Tidied while reading: {changes}.").format(changes=_(", ").join(change_words(code) for code in text.changes))
        )
    st.caption(_("First lines"))
    st.code("\n".join(content[:2_000].splitlines()[:8]), language=None, wrap_lines=True)


def change_words(change: str) -> str:
    code, _space, count = change.partition(" ")
    words = {
        "line_ends": _("line ends made the same"),
        "separators": _("unit separators made spaces"),
        "control_characters": _("{count} control characters removed"),
        "invisible": _("{count} invisible characters removed (such as soft hyphens and marks of writing direction)"),
        "bom": _("byte order mark removed"),
        "surrogates": _("broken characters replaced"),
        "nfc": _("accents composed (NFC)"),
    }
    return words.get(code, code).format(count=f"{int(count or 1):,}")


def kind_and_splits(text):
    st.subheader(_("What kind of text it is"))
    kind = st.segmented_control(
        _("Kind (guessed; you can change it)"),
        KINDS,
        default=text.kind,
        format_func=split_views.kind_names().get,
        key=f"text.kind.{text.id}",
        required=True,
    )
    if kind != text.kind and visitor.owns_text(text):
        visitor.store().set_kind(text.id, kind)
        st.rerun()
    if text.characters > texts.LOOKED_AT:
        st.caption(
            _("Below, this page looks at the first {count} characters; training uses the whole text.").format(
                count=f"{texts.LOOKED_AT:,}"
            )
        )
    split_views.meanings(replace(text, kind=kind))
    train, validation = texts.split_sizes(text)
    if validation:
        st.caption(
            _("Training: {train} characters. Held back for validation: {validation} ({share:.1%}).").format(
                train=f"{train:,}", validation=f"{validation:,}", share=validation / (train + validation)
            )
        )
    else:
        st.caption(_("All of this text is used for training, and there is no validation loss."))
    split_views.say_oddities(text)


def sharing(text):
    """For its owner alone, and off until they say so."""
    if not visitor.owns_text(text):
        return
    shared = st.toggle(
        _("Others may read this text"),
        value=text.shared,
        key=f"text.share.{text.id}",
        help=_(
            "Off: whoever has the address of one of your runs sees its curve, its probabilities and what it writes, but not the text. "
            "On: they can read the text too, and train on it."
        ),
    )
    if shared != text.shared:
        visitor.store().share_text(text.id, shared)
        st.rerun()


def tokens(text):
    st.subheader(_("As tokens"))
    level = st.segmented_control(
        _("Tokenizer"),
        choices(TokenizerConfig, "level"),
        default=texts.suggested_tokenizer(text),
        key="text.tokenizer",
        format_func=lambda value: setting_labels.option("level", value),
        help=setting_labels.help("level"),
        required=True,
    )
    size = 10_000
    if level == "subword":
        size = st.slider(
            setting_labels.name("vocabulary_size"),
            260,
            10_000,
            2_000,
            20,
            key="text.vocabulary_size",
            help=setting_labels.help("vocabulary_size"),
        )
    try:
        tokenizer = texts.tokenizer(text, TokenizerConfig(level, size))
    except TextError as error:  # its words cannot be cut
        st.error(sentence(error.code, error.values))
        st.stop()
    word_losses.say(text, TokenizerConfig(level, size))
    st.session_state["text.cut"] = tokenizer
    ids, starts, ends = tokenizer.offsets(texts.corpus(text).train[:SHOWN_CHARACTERS])
    st.caption(
        _("{types} types in the vocabulary; the first {count} tokens:").format(
            types=f"{tokenizer.vocabulary_size:,}", count=len(ids)
        )
    )
    token_view(
        [
            {
                "text": token_names.spelled(tokenizer.vocabulary[i]),
                "id": int(i),
                "unknown": bool(i == tokenizer.unknown_id),
                "special": bool(i == tokenizer.begin_id),
            }
            for i in ids
        ],
        key="text.tokens",
        mode="ids",
        labels={"token": _("token “{text}”, id {id}"), "unknown": _("unknown to this tokenizer"), "legend": "", "value": ""},
        max_height=280,
    )
    if level == "subword" and any(tokenizer.vocabulary[i].startswith("<") and " " in tokenizer.vocabulary[i] for i in ids):
        st.caption(
            _(
                "<E5 BC> and the like are parts of a character: subwords are built from bytes, and a rare Chinese character is "
                "three of them. The model has to spell it."
            ).replace("<", "\\<")
        )


def counts(text):
    tokenizer = st.session_state["text.cut"]
    corpus = texts.corpus(text)
    ids = tokenizer.encode(corpus.train)
    found = statistics.frequencies(ids, tokenizer.vocabulary_size)
    rare = texts.words_seen_once(text) if tokenizer.level == "word" else []
    st.subheader(_("Counted"))
    row = st.container(horizontal=True, gap="medium")
    row.metric(_("Tokens"), f"{found.tokens:,}", width=charts.FIGURE)
    row.metric(_("Different tokens"), f"{found.types:,}", width=charts.FIGURE)
    row.metric(_("Seen only once"), f"{max(found.once, len(rare)):,}", width=charts.FIGURE)
    if corpus.validation and tokenizer.unknown_id is not None:
        share = statistics.unknown_share(tokenizer.encode(corpus.validation), tokenizer.unknown_id)
        row.metric(_("Unknown in the validation split"), f"{share:.2%}", width=230)
    plot, table = st.columns([3, 2], gap="large")
    with plot:
        plots.show(
            charts.rank_frequency(np.arange(1, len(found.counts) + 1), found.counts, {"rank": _("rank"), "count": _("count")}),
            key="text.zipf",
        )
        st.caption(_("Rank against frequency, both axes logarithmic: natural text is close to a straight line (Zipf's law)."))
    with table:
        st.dataframe(
            {
                _("Rank"): list(range(1, min(1_000, len(found.ids)) + 1)),
                _("Token"): [token_names.visible(tokenizer.vocabulary[i]) for i in found.ids[:1_000]],
                _("Count"): [int(count) for count in found.counts[:1_000]],
            },
            hide_index=True,
            height=380,
            key="text.frequencies",
        )
    once = rare[:SHOWN_ONCE] or [tokenizer.vocabulary[i] for i in found.ids[found.counts == 1][:SHOWN_ONCE]]
    if once:
        st.caption(_("Some of those seen only once"))
        st.text(" · ".join(map(token_names.visible, once)))
    if rare and (share := statistics.unknown_share(ids, tokenizer.unknown_id)):
        st.caption(
            _(
                "{share} of these tokens are read as “unknown”: some or all words that the text has only once, and those beyond the "
                "largest vocabulary. So the model learns what an unknown word costs."
            ).format(share=f"{share:.1%}")
        )
