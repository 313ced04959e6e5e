"""Words as points: the embedding of each token on a map, its nearest neighbours beside it, and how training moved them."""

import copy
from dataclasses import dataclass

import numpy as np
import streamlit as st

from lmcore.errors import CheckpointDamaged
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import embeddings
from lmcore.inspection.embeddings import Plane
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import Run
from lmcore.runs.worker import snapshots
from pages.parts import visitor
from pages.parts.components import plots, token_names
from pages.parts.inside import reading_labels, words_figures
from pages.parts.language import _, together
from pages.parts.run import guard, model_cache, ngram_cache, run_labels

MOST = 5_000  # tokens on the map
IN_FILM = 300  # of them, those that move
NEIGHBOURS = 10
FREQUENT = 50  # tokens, of which one is chosen to begin with
TOKEN, COLOUR = "inside.words.token", "inside.words.colour"


@dataclass(frozen=True)
class Shown:
    """The tokens on the map, the most frequent first where their counts may be shown."""

    ids: np.ndarray  # (N,)
    names: list[str]  # different ones
    counts: np.ndarray | None
    classes: dict[str, list[str]]  # way of sorting -> the class of each token


@dataclass(frozen=True)
class Frames:
    steps: list[int]
    planes: list[Plane]
    same: list[float]  # share of tokens whose nearest neighbour is of their own class


def show(run: Run, trained: TrainedModel):
    shown = _shown(run, trained)
    weight = trained.network.embedding.weight.detach().numpy()
    vectors = weight[shown.ids]
    _explain(trained, weight.shape[1])
    if len(shown.ids) < 2:
        st.info(_("The vocabulary has a single token: one point has no neighbours and needs no map."))
        return
    colour = _choose(run, shown, vectors)
    chosen = shown.ids.tolist().index(st.session_state[TOKEN])
    with model_cache.asking():
        plane = _plane(run.id, trained.step, shown.ids.tobytes(), vectors)
        near, cosines = embeddings.nearest(vectors, chosen, NEIGHBOURS)
    on_map = set(embeddings.nearest_on(plane.points, chosen, len(near)).tolist())
    left, right = st.columns([7, 3], gap="medium")
    with left:
        plots.show(_map(shown, plane, chosen, near, colour), key="inside.words.map")
    with right:
        _list_neighbours(shown, chosen, near, cosines, on_map)
    st.caption(together(_how_flat(plane, vectors.shape[1]), _how_sorted(shown, vectors, colour)))
    with st.expander(_("All points as a table")):
        st.dataframe(_as_table(shown, plane, colour), hide_index=True, key="inside.words.table")
    _film(run, trained, shown, chosen, colour)


def _explain(trained: TrainedModel, size: int):
    st.markdown(
        _(
            "Which words does the network treat alike? It reads each token as a vector of {size} numbers, its **embedding**. The "
            "vectors start at random; training moves tokens that are followed by the same words towards one another."
        ).format(size=f"{size:,}")
    )
    if trained.network.output.weight is trained.network.embedding.weight:
        st.caption(_("This model has tied weights: the same vectors also score each token as the next one."))


def _shown(run: Run, trained: TrainedModel) -> Shown:
    tokenizer, text = trained.tokenizer, visitor.store().text(run.text_id)
    counted = ngram_cache.counts(visitor.data_folder(), run) if visitor.may_read(text) else None
    ids, counts = np.arange(min(MOST, tokenizer.vocabulary_size)), None
    if counted is not None:
        times = np.bincount(counted.index.ids, minlength=tokenizer.vocabulary_size)
        ids = np.argsort(-times, kind="stable")[:MOST]
        counts = times[ids]
    tokens = [tokenizer.vocabulary[token_id] for token_id in ids]
    known = reading_labels.word_classes(run)
    classes = {"written": [embeddings.token_class(token) for token in tokens]}
    if known:
        classes = {"word": [known.get(token, "special") for token in tokens], **classes}
    first: dict[str, int] = {}  # tokens that look alike, as parts of characters can, are told apart by their ids
    visible = [token_names.visible(token) for token in tokens]
    names = [name if first.setdefault(name, row) == row else f"{name} ({ids[row]})" for row, name in enumerate(visible)]
    return Shown(ids, names, counts, classes)


def _choose(run: Run, shown: Shown, vectors: np.ndarray) -> str:
    """Draw the choice of a token and of what the colours mean; return the latter."""
    ids = shown.ids.tolist()
    guard.begin_with(run, TOKEN, ids[_telling(shown, vectors)])
    if st.session_state[TOKEN] not in ids:
        st.session_state[TOKEN] = ids[0]
    labels = {"word": _("word class"), "written": _("kind of token")}
    ways = {name: labels[name] for name in shown.classes}
    if shown.counts is not None:
        ways["frequency"] = _("frequency")
    if st.session_state.get(COLOUR) not in ways:
        st.session_state[COLOUR] = next(iter(ways))
    names = dict(zip(ids, shown.names, strict=True))
    row = st.container(horizontal=True, gap="large", vertical_alignment="bottom")
    row.selectbox(_("Find a token"), ids, format_func=names.get, key=TOKEN, width=260)
    row.segmented_control(_("Colours show"), list(ways), format_func=ways.get, key=COLOUR, required=True, persist_state="session")
    return st.session_state[COLOUR]


def _telling(shown: Shown, vectors: np.ndarray) -> int:
    """The row of a frequent word, or letter, with a very near neighbour: a good one to begin with."""
    words = [row for row, name in enumerate(shown.names[: 4 * FREQUENT]) if name.isalpha()][:FREQUENT] or [0]
    return max(words, key=lambda row: embeddings.nearest(vectors[: 4 * FREQUENT], row, 1)[1].max())


@st.cache_resource(max_entries=32, show_spinner=False)
def _plane(run_id: str, step: int, ids: bytes, _vectors: np.ndarray) -> Plane:
    return embeddings.principal_components(_vectors)


def _map(shown: Shown, plane: Plane, chosen: int, near: np.ndarray, colour: str):
    return words_figures.map_of(
        plane,
        shown.names,
        chosen,
        near,
        coloured=_coloured(shown, colour),
        axes=(_axis(0, plane), _axis(1, plane)),
        near_label=_("its nearest by cosine"),
    )


def _axis(number: int, plane: Plane) -> str:
    share = plane.shares[number] if number < len(plane.shares) else 0.0
    return _("principal component {number} ({share} of the variance)").format(number=number + 1, share=f"{share:.0%}")


def _coloured(shown: Shown, colour: str):
    if shown.counts is not None and colour == "frequency":
        return _("in the training text"), np.log10(np.maximum(shown.counts, 1))
    return words_figures.groups(shown.classes[colour], class_labels())


def class_labels() -> dict[str, str]:
    return {
        "lower": _("small letters"),
        "capital": _("begins with a capital"),
        "letter": _("letters of a script without capitals"),
        "number": _("number"),
        "punctuation": _("punctuation"),
        "space": _("spaces and line breaks"),
        "special": _("special token"),
        **reading_labels.class_names(),
    }


def _list_neighbours(shown: Shown, chosen: int, near: np.ndarray, cosines: np.ndarray, on_map: set[int]):
    st.text(_("Nearest to “{token}” by cosine").format(token=shown.names[chosen]))
    st.dataframe(
        {
            _("Token"): [shown.names[row] for row in near],
            _("Cosine"): [round(float(cosine), 3) for cosine in cosines],
            _("Near on the map"): [row in on_map for row in near.tolist()],
        },
        hide_index=True,
        key="inside.words.near",
    )
    st.caption(
        _(
            "The list compares all dimensions, the map only two: {both} of these {count} are also among the {count} nearest points "
            "on the map. Trust the list."
        ).format(both=len(on_map & set(near.tolist())), count=len(near))
    )


def _how_flat(plane: Plane, size: int) -> str:
    if not plane.shares.any():
        return _("All vectors are equal, so all points lie on one another.")
    if size <= 2:
        return _("The embedding has only {size} dimensions: the map shows all of it.").format(size=size)
    return _(
        "A map is a shadow: these two directions show {share} of the variance of {size} dimensions. Points that lie together here "
        "may be far apart in the others."
    ).format(share=f"{plane.shown:.0%}", size=f"{size:,}")


def _how_sorted(shown: Shown, vectors: np.ndarray, colour: str) -> str:
    """What the colours say, as a number."""
    if colour == "frequency":
        if not shown.counts.any():
            return ""
        rare = np.linalg.norm(vectors[len(vectors) // 2 :], axis=1).mean()
        often = np.linalg.norm(vectors[: len(vectors) // 2], axis=1).mean()
        return _("The more frequent half has vectors of mean length {often:.2f}, the rarer half {rare:.2f}.").format(
            often=often, rare=rare
        )
    same, chance = embeddings.same_class(vectors, shown.classes[colour])
    return _(
        "Of {share} of the tokens the nearest neighbour by cosine has the same colour; by chance it would be {chance}."
    ).format(share=f"{same:.0%}", chance=f"{chance:.0%}")


def _as_table(shown: Shown, plane: Plane, colour: str) -> dict[str, list]:
    classes, labels = shown.classes["written" if colour == "frequency" else colour], class_labels()
    counted = {} if shown.counts is None else {_("Count"): shown.counts.tolist()}
    return {
        _("Token"): shown.names,
        **counted,
        _("Class"): [labels[name] for name in classes],
        "x": plane.points[:, 0].round(3).tolist(),
        "y": plane.points[:, 1].round(3).tolist(),
    }


def _film(run: Run, trained: TrainedModel, shown: Shown, chosen: int, colour: str):
    st.subheader(_("How training moved them"))
    colour = next(iter(shown.classes)) if colour == "frequency" else colour
    with model_cache.asking():
        frames = _frames(run.id, trained.step, shown.ids.tobytes(), colour, trained, shown.ids, shown.classes[colour])
    if len(frames.steps) < 2:
        if run_labels.is_live(run):
            st.info(_("There are no snapshots of this run yet: they are kept while it trains. Come back in a few seconds."))
        else:
            st.info(_("The snapshots of this run are gone, so how its tokens moved cannot be shown."))
        return
    moving = np.union1d(np.arange(min(IN_FILM, len(shown.ids))), [chosen])  # rows
    planes = [Plane(plane.points[moving], plane.shares) for plane in frames.planes]
    coloured = words_figures.groups([shown.classes[colour][row] for row in moving], class_labels(), among=shown.classes[colour])
    labels = {"step": _("step"), "play": _("Play"), "pause": _("Pause")}
    names = [shown.names[row] for row in moving]
    position = moving.tolist().index(chosen)
    plots.show(words_figures.film_of(frames.steps, planes, names, position, coloured, labels), key="inside.words.film")
    st.caption(
        _(
            "Each snapshot is seen from its own two principal components and turned so that it lies as near as can be to the next "
            "(Procrustes): what moves is the tokens, not the camera. Tokens whose nearest neighbour has the same colour: {first} at "
            "step {begin}, {last} at step {end}."
        ).format(
            first=f"{frames.same[0]:.0%}",
            begin=f"{frames.steps[0]:,}",
            last=f"{frames.same[-1]:.0%}",
            end=f"{frames.steps[-1]:,}",
        )
    )
    with st.expander(_("The snapshots as a table")):
        st.dataframe(
            {
                _("Step"): frames.steps,
                _("Variance on the map"): [f"{plane.shown:.0%}" for plane in frames.planes],
                _("Nearest neighbour of the same colour"): [f"{share:.0%}" for share in frames.same],
            },
            hide_index=True,
            key="inside.words.frames",
        )


@st.cache_resource(max_entries=8, show_spinner=False)
def _frames(
    run_id: str, step: int, ids: bytes, colour: str, _trained: TrainedModel, _ids: np.ndarray, _classes: list[str]
) -> Frames:
    """The tokens in every snapshot that can be read up to the step that is asked, and in that step's checkpoint."""
    network, found = copy.deepcopy(_trained.network), {}
    for path in RunFolder.of(visitor.data_folder(), run_id).frames():
        if step_of(path) > step:
            continue
        try:
            snapshots.load_frame(path, network)
        except CheckpointDamaged:
            continue
        found[step_of(path)] = network.embedding.weight.detach().numpy()[_ids]
    if found:
        found[step] = _trained.network.embedding.weight.detach().numpy()[_ids]
    same = [embeddings.same_class(vectors, _classes)[0] for vectors in found.values()]
    return Frames(list(found), embeddings.film(found.values()), same)
