"""What each layer knows: the lens reads each layer as if it were the output. What can be learned from a layer is `layers_probes`."""

import math
from typing import cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.inference import probability
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import lens
from lmcore.models import NeuralLanguageModel
from lmcore.runs.store.records import Run
from pages.parts.components import plots, token_names
from pages.parts.inside import layers_probes, sentence
from pages.parts.language import _, together
from pages.parts.number_format import format_probability
from pages.parts.run import charts, model_cache

MOST = 40  # tokens
IN_CHART = 8  # tokens
POSITION = "inside.layers.position"


def show(run: Run, trained: TrainedModel):
    _lens(run, trained)
    layers_probes.show(run, trained)


def _lens(run: Run, trained: TrainedModel):
    st.subheader(_("The lens"))
    st.markdown(
        _(
            "What would each layer predict if the output layer read it? Only the last layer was trained to be read, so its row is the "
            "network's prediction. The others are **an illustration, not what the network does**."
        )
    )
    ids = sentence.ask(run, trained, MOST)
    if ids is None:
        return
    with model_cache.asking():
        model = cast(NeuralLanguageModel, trained.model)
        numbers, vectors = lens.rows(model, ids)
        favourites, probabilities = lens.favourites(model, vectors)
    names = [_row(number, numbers[-1]) for number in numbers]
    _say_rows(trained, numbers)
    tokens = [token_names.visible(token) for token in token_names.in_text(trained.tokenizer, ids)]
    words = [[token_names.visible(trained.tokenizer.vocabulary[token_id]) for token_id in row] for row in favourites]
    if len(numbers) > 1:
        plots.show(_grid(tokens, names, words, probabilities), key="inside.layers.grid")
        st.caption(_agreement(names, favourites))
    _one_position(trained, ids, tokens, names, vectors)
    with st.expander(_("The same as a table")):
        columns = {
            name: [f"{row[index]} {format_probability(p[index])}" for row, p in zip(words, probabilities, strict=True)]
            for index, name in enumerate(names)
        }
        st.dataframe(
            {_("Token"): tokens, **columns, _("What came next"): [*tokens[1:], ""]}, hide_index=True, key="inside.layers.table"
        )


def _row(number: int, last: int) -> str:
    if number == lens.EMBEDDING:
        return _("embedding")
    return (_("layer {number}: the output") if number == last else _("layer {number}")).format(number=number)


def _say_rows(trained: TrainedModel, numbers: list[int]):
    """What is missing, and why."""
    said = []
    if numbers[-1] == 1:
        said.append(_("This network has one layer, so no layer stands between its embedding and its output."))
    if numbers[0] != lens.EMBEDDING:
        said.append(
            _("Its embedding cannot be read so: it has {embedding} numbers, and the output layer reads {hidden}.").format(
                embedding=trained.network.embedding.embedding_dim, hidden=trained.network.output.in_features
            )
        )
    elif trained.network.output.weight is trained.network.embedding.weight:
        said.append(_("Its weights are tied, so its embedding, read by the output layer, mostly answers with the token itself."))
    if len(numbers) == 1:
        said.append(_("What it shows is the output alone. Train a network of two or three layers to see how a prediction grows."))
    if said:
        st.info(together(*said))


def _grid(tokens: list[str], names: list[str], words: list[list[str]], probabilities: np.ndarray) -> go.Figure:
    """The tokens run down, so that a narrow window has room for the words of every cell."""
    figure = charts.blank(90 + 26 * len(tokens))
    shown = [[charts.plain(word) for word in row] for row in words]  # (T, rows)
    figure.add_heatmap(
        z=probabilities, zmin=0, zmax=1, colorscale="Blues", customdata=shown, text=shown, texttemplate="%{text}", xgap=2, ygap=2,
        colorbar={"tickformat": ".0%", "thickness": 12},
        hovertemplate="%{x}<br>%{customdata}: %{z:.1%}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(tokens))), ticktext=[charts.plain(token) for token in tokens], showgrid=False,
        autorange="reversed", automargin=True, title=_("token read"),
    )  # fmt: skip
    figure.update_xaxes(tickmode="array", tickvals=list(range(len(names))), ticktext=names, showgrid=False, side="top")
    return figure


def _agreement(names: list[str], favourites: np.ndarray) -> str:
    said = [_("Each cell is the most likely next token of a layer after the token on its left; the darker, the surer.")]
    for name, same in zip(names[:-1], (favourites[:, :-1] == favourites[:, -1:]).sum(axis=0), strict=True):
        said.append(
            _("{row}: the same favourite as the output after {same} of {count} tokens.").format(
                row=_capital(name), same=same, count=len(favourites)
            )
        )
    return together(*said)


def _one_position(trained: TrainedModel, ids: np.ndarray, tokens: list[str], names: list[str], vectors: np.ndarray):
    """One token, all rows: their bars, and how far each is from the output."""
    position = 0
    if len(ids) > 1:
        positions = list(range(len(ids)))
        if st.session_state.get(POSITION) not in positions:
            st.session_state[POSITION] = positions[-1]
        position = st.select_slider(
            _("After the token"),
            positions,
            format_func=lambda position: f"{position + 1}: {tokens[position]}",
            key=POSITION,
            persist_state="session",
        )
    with model_cache.asking():
        log_probs = lens.read(cast(NeuralLanguageModel, trained.model), vectors[position])  # (rows, V)
    likely = np.argsort(-log_probs, axis=1, kind="stable")
    shown = list(dict.fromkeys([*likely[-1, :IN_CHART].tolist(), *likely[:, 0].tolist()]))
    name_of = token_names.next_names(trained.tokenizer, ids[: position + 1], shown)
    order = list(reversed(range(len(names))))  # the output first
    looks = dict(zip([names[index] for index in order], charts.PALETTE * len(names), strict=False))
    bars = {names[index]: np.exp(log_probs[index][shown]) for index in order}
    figure = charts.next_token_by_model(
        [name_of[token_id] for token_id in shown], bars, set(bars), looks, _("probability of the next token")
    )
    plots.show(figure, key="inside.layers.bars")
    said = []
    for index in order:
        words = (
            _("{row}: “{token}” with {probability}.")
            if index == order[0]
            else _("{row}: “{token}” with {probability}; its distribution is {bits:.2f} bits from the output's (KL divergence).")
        )
        best = int(likely[index, 0])
        said.append(
            words.format(
                row=_capital(names[index]),
                token=token_names.visible(name_of[best]),
                probability=format_probability(math.exp(log_probs[index, best])),
                bits=probability.divergence(log_probs[-1], log_probs[index]) / math.log(2),
            )
        )
    st.text(together(*said))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
