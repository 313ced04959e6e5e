"""Which unit follows …: the units whose values go with an exact label of the text, beside the same label moved along the text."""

import numpy as np
import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.inspection import labels, states
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.components import token_names
from pages.parts.language import _, together
from sample_corpora import SAMPLES

BEST = 5  # units that follow a label
FEWEST = 50  # tokens, below which a correlation says nothing
AFTER = "after"  # the name of the label that asks for a token


def label_names() -> dict[str, str]:
    return {
        "quotes": _("inside quotation marks"),
        "brackets": _("open brackets"),
        "line": _("position in the line"),
        "newline": _("tokens since the line break"),
        "sentence": _("position in the sentence"),
        "word": _("position in the word"),
        "capital": _("capital letter"),
        "number": _("number"),
        AFTER: _("after a chosen token"),
    } | {labels.CLASS + name: _("word class: {name}").format(name=said) for name, said in class_names().items()}


def class_names() -> dict[str, str]:
    return {
        "noun, singular": _("noun, singular"),
        "noun, plural": _("noun, plural"),
        "verb, singular": _("verb, singular"),
        "verb, plural": _("verb, plural"),
        "place, time or thing": _("place, time or thing"),
        "function word or adjective": _("function word or adjective"),
    }


def word_classes(run: Run) -> dict[str, str]:
    """The class of each word, where a grammar of ours wrote the text; else nothing."""
    text = visitor.store().text(run.text_id)
    sample = SAMPLES.get(text.sample or "") if text else None
    return sample.word_classes if sample else {}


def show(run: Run, trained: TrainedModel, ids: np.ndarray, values: np.ndarray, unit_key: str):
    """values: (T, units) after each of these tokens. unit_key: of the unit that is looked at."""
    st.subheader(_("Which unit follows …?"))
    st.markdown(
        _(
            "Some things about a token follow from the text alone: is it inside quotation marks, how far is it from the last line break? "
            "Here are the units whose values go with such a label."
        )
    )
    if len(ids) < FEWEST:
        st.info(_("{count} tokens are too few for a correlation: type at least {least}.").format(count=len(ids), least=FEWEST))
        return
    tokenizer = trained.tokenizer
    words = label_names()
    known = labels.distinct(labels.labels(tokenizer, ids, classes=word_classes(run)))
    row = st.container(horizontal=True, gap="large", vertical_alignment="bottom")
    chosen = row.selectbox(
        _("Label"),
        [*(label.name for label in known), AFTER],
        format_func=words.get,
        key="inside.reading.label",
        persist_state="session",
        width=320,
    )
    if chosen == AFTER:
        counts = np.bincount(ids)
        usual = [int(token_id) for token_id in np.argsort(-counts, kind="stable")[:200] if counts[token_id]]
        token = row.selectbox(
            _("Token"),
            usual,
            format_func=lambda token_id: token_names.visible(tokenizer.texts([token_id])[0]),
            key=f"inside.reading.after.{tokenizer.vocabulary_size}",
            width=200,
        )
        known = labels.labels(tokenizer, ids, after=token)
    label = next(label for label in known if label.name == chosen)
    best = states.follow(values, label, BEST)
    st.dataframe(
        {_("Unit"): best.units, _("Correlation"): best.correlations.round(3)},
        hide_index=True,
        width=320,
        key="inside.reading.followers",
    )
    verdict = (
        _("Unit {unit} follows it: its correlation is {value:.2f}.")
        if best.beyond_chance
        else _("No unit follows it: the best of them, unit {unit}, reaches {value:.2f}, no more than chance.")
    )
    st.caption(
        together(
            verdict.format(unit=best.units[0], value=best.correlations[0]),
            _("With the label moved along the text the best of {units} units reaches up to {chance:.2f}.").format(
                units=f"{values.shape[1]:,}", chance=best.control.max()
            ),
        )
    )

    def look():
        st.session_state[unit_key] = best.units[0]

    st.button(_("Look at this unit"), key="inside.reading.look", icon=":material/search:", on_click=look)
