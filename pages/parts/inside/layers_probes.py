"""Probes: which exact labels of the text can be read off each layer, beside the majority and probes of random labels."""

from typing import cast

import numpy as np
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import lens, probe_labels, probes
from lmcore.inspection.probes import Probe
from lmcore.models import NeuralLanguageModel
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.components import plots
from pages.parts.error_sentences import sentence
from pages.parts.inside import reading_labels
from pages.parts.language import _
from pages.parts.number_format import format_probability
from pages.parts.run import charts, model_cache

NOTHING = -1  # no token
READING, HELD_OUT = 0.6, 0.9  # share of the work that is done when both texts have been read


def show(run: Run, trained: TrainedModel):
    st.subheader(_("Probes"))
    st.markdown(
        _(
            "Is something about the text written in a layer, such as *inside quotation marks*? A **linear probe**, a weighted sum of "
            "the layer's numbers, learns it on training text and is asked about held-out text. It has to beat two who know nothing: "
            "who always gives the most frequent answer, and probes of **random labels**, one for each type of token."
        )
    )
    if not visitor.may_read(visitor.store().text(run.text_id)):
        st.info(_("Probes read the training text and held-out lines. They belong to someone else, so they are not shown."))
        return
    kept = _kept(run.id, trained.step)
    if "probes" not in kept:
        slot = st.empty()
        if not slot.button(_("Probe the layers"), icon=":material/biotech:", key="inside.layers.probe"):
            return
        slot.empty()
        if not _fill(run, trained, kept):
            return
    found = kept["probes"]
    st.session_state["inside.layers.probed"] = run.id
    if not found:
        st.info(_("None of the labels occurs often enough in this text to be probed."))
        return
    _draw(found)
    _say(found, trained)
    with st.expander(_("All probes as a table")):
        st.dataframe(_table(found), hide_index=True, key="inside.layers.probes")


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(run_id: str, step: int) -> dict[str, list[Probe]]:
    """What has been found, to be filled once: a progress bar cannot be drawn inside a cached function."""
    return {}


def _fill(run: Run, trained: TrainedModel, kept: dict[str, list[Probe]]) -> bool:
    """Probe every layer for every label. False, with a sentence on the page, where there is no text for it."""
    opened = open_run(RunFolder.of(visitor.data_folder(), run.id).path)
    bar = st.progress(0.0, _("Reading the text …"))
    try:
        data = opened.data
    except TextError as error:
        bar.empty()
        st.warning(sentence(error.code, error.values))
        return False
    if not data.has_validation:
        bar.empty()
        st.info(_("This text is too short to hold lines back, and a probe must be asked about text that it did not learn from."))
        return False
    with model_cache.asking():
        if "probes" not in kept:  # another visitor may have asked meanwhile
            model = cast(NeuralLanguageModel, trained.model)
            count = probes.affordable(model.network)

            def reading(ids: np.ndarray, begin: float, end: float) -> probes.Reading:
                def on_progress(share: float):
                    bar.progress(begin + (end - begin) * share, _("Reading the text …"))

                return probes.read(model, ids, _labels(run, trained, ids), on_progress)

            training = reading(data.train[:count], 0.0, READING)
            held_out = reading(data.validation[: count // 2], READING, HELD_OUT)
            kept["probes"] = probes.search(
                training, held_out, lambda share: bar.progress(HELD_OUT + (1 - HELD_OUT) * share, _("Probing the layers …"))
            )
    bar.empty()
    return True


def _labels(run: Run, trained: TrainedModel, ids: np.ndarray) -> dict[str, np.ndarray]:
    tokenizer = trained.tokenizer
    begins = (ids == (NOTHING if tokenizer.begin_id is None else tokenizer.begin_id)).tolist()
    found = probe_labels.of_tokens(tokenizer, ids)
    classes = reading_labels.word_classes(run)
    if classes and tokenizer.level == "word":
        words = [tokenizer.vocabulary[token_id] for token_id in ids]
        found |= probe_labels.of_words(words, classes, begins)
    return found


def _draw(found: list[Probe]):
    rows, layers = list(dict.fromkeys(one.label for one in found)), list(dict.fromkeys(one.layer for one in found))
    names = label_names()
    above = np.full((len(rows), len(layers)), np.nan)
    shown, hover = [[""] * len(layers) for _label in rows], [[""] * len(layers) for _label in rows]
    for one in found:
        row, column = rows.index(one.label), layers.index(one.layer)
        above[row, column] = one.accuracy - max(one.majority, one.control)
        shown[row][column] = f"{one.accuracy:.0%}" + (" ✓" if one.found else "")
        hover[row][column] = _("majority {majority}, random labels {control}").format(
            majority=format_probability(one.majority), control=format_probability(one.control)
        )
    figure = charts.blank(110 + 34 * len(rows))
    figure.add_heatmap(
        z=above, zmid=0, zmin=-0.3, zmax=0.3, colorscale="RdBu", text=shown, texttemplate="%{text}", customdata=hover, xgap=3, ygap=3,
        x=[layer_name(layer) for layer in layers], y=[names[label] for label in rows],
        colorbar={"title": _("above both"), "tickformat": "+.0%", "thickness": 12},
        hovertemplate="%{y}<br>%{x}: %{text}<br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, automargin=True)
    figure.update_xaxes(showgrid=False, side="top")
    plots.show(figure, key="inside.layers.probed")


def layer_name(layer: int) -> str:
    return _("embedding") if layer == lens.EMBEDDING else _("layer {number}").format(number=layer)


def _say(found: list[Probe], trained: TrainedModel):
    names = label_names()
    st.caption(
        _(
            "The share of held-out tokens whose label the probe tells, {count} of them. Blue, with ✓: found, it beats the majority and "
            "the random labels by more than chance. Red: random labels are told as well, so the probe says nothing about the layer."
        ).format(count=f"{max(one.tokens for one in found):,}")
    )

    def listed(chosen: list[Probe], value) -> str:
        named = _("{label} ({layer}, {value})")
        return _("; ").join(named.format(label=names[one.label], layer=layer_name(one.layer), value=value(one)) for one in chosen)

    shaped = _best([one for one in found if one.found])
    if shaped:
        words = _("**Found:** {labels}.").format(labels=listed(shaped, lambda one: f"{one.accuracy:.0%}"))
    else:
        words = _(
            "**Nothing is found**: with {types} types of tokens and vectors this large, a probe learns any labels of the types by heart, "
            "or the model has not learned to tell these."
        ).format(types=f"{trained.tokenizer.vocabulary_size:,}")
    st.markdown(words)
    remembered = _best([one for one in found if one.remembered])
    if remembered:
        st.markdown(
            _(
                "**Remembered from earlier tokens:** {labels}. A probe of all the layer's numbers tells these better than anyone could "
                "who knows the token alone."
            ).format(
                labels=listed(
                    remembered,
                    lambda one: _("{whole}, token alone {alone}").format(whole=f"{one.whole:.0%}", alone=f"{one.alone:.0%}"),
                )
            )
        )


def _best(chosen: list[Probe]) -> list[Probe]:
    """Of each label the layer from which it is told best."""
    by_label: dict[str, Probe] = {}
    for one in chosen:
        if one.label not in by_label or one.accuracy > by_label[one.label].accuracy:
            by_label[one.label] = one
    return list(by_label.values())


def _table(found: list[Probe]) -> dict[str, list]:
    names = label_names()
    return {
        _("Label"): [names[one.label] for one in found],
        _("Layer"): [layer_name(one.layer) for one in found],
        _("Accuracy"): [format_probability(one.accuracy) for one in found],
        _("Majority"): [format_probability(one.majority) for one in found],
        _("Random labels"): [format_probability(one.control) for one in found],
        _("Found"): [one.found for one in found],
        _("Directions used"): [one.directions for one in found],
        _("All directions"): [format_probability(one.whole) for one in found],
        _("Token alone"): [format_probability(one.alone) for one in found],
        _("Remembered"): [one.remembered for one in found],
        _("Tokens"): [one.tokens for one in found],
    }


def label_names() -> dict[str, str]:
    return {
        "quotes": _("inside quotation marks"),
        "brackets": _("inside brackets"),
        "capital": _("capital letter"),
        "number": _("number"),
        "line": _("position in the line"),
        "sentence": _("position in the sentence"),
        "word": _("position in the word"),
        "class": _("word class"),
        "subject": _("subject: one or many"),
    }
