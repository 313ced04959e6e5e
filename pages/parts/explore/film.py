"""The film of a run: what its snapshots say after one context, from random weights to the end, and what it wrote then.

Any context, after the fact: the snapshots are weights. How it is played is the component `film_view`.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from lmcore.errors import CheckpointDamaged
from lmcore.inference.film import Frame, most_telling
from lmcore.inference.trained import TrainedModel
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.runs.worker import snapshots
from pages.parts import visitor
from pages.parts.components import token_names
from pages.parts.components.film_view import film_view
from pages.parts.components.token_names import visible
from pages.parts.explore import next_words
from pages.parts.language import _, together
from pages.parts.number_format import format_probability
from pages.parts.run import model_cache

MOST_TOKENS = 200  # of the context, its last ones: each frame reads them
POINTS = 400  # of the training curve


@dataclass(frozen=True)
class Film:
    frames: list[Frame]
    ids: list[int]  # of the tokens whose bars are shown, the most likely at the end first


def show(run: Run, trained: TrainedModel, context: str):
    ids = np.asarray(next_words.ids_of(trained, context), dtype=np.int64)
    if len(ids) > MOST_TOKENS:
        st.caption(_("The film reads the last {count} tokens of the context.").format(count=MOST_TOKENS))
        ids = ids[-MOST_TOKENS:]
    with st.spinner(_("Asking the snapshots …"), show_time=False):
        film = shoot(run, trained, ids)
    if len(film.frames) < 2:
        st.info(_("There are no snapshots of this run yet: they are kept while it trains. Come back in a few seconds."))
        return
    network = trained.network
    kept = len(film.frames)
    if snapshots.frame_bytes(network) * snapshots.FRAMES > snapshots.BYTES:
        st.caption(
            _("This model is large: {count} snapshots instead of {most} fit into {megabytes} MB.").format(
                count=kept, most=snapshots.FRAMES, megabytes=snapshots.BYTES // 1_000_000
            )
        )
    film_view(as_data(run, trained, film, ids), key="film.view")
    st.caption(
        _(
            "{count} snapshots of the weights, close together at first and far apart later, because a network changes most in its "
            "first steps. Step 0 is random: every token is nearly as likely as any other."
        ).format(count=kept)
    )


def shoot(run: Run, trained: TrainedModel, ids: np.ndarray) -> Film:
    """Ask every snapshot; what was asked before is remembered. ids: (T,), T ≥ 0."""
    found = []
    for step, path in pictures(run, trained):
        try:
            found.append(_frame(run.id, step, ids.tobytes(), trained, path))
        except CheckpointDamaged:
            continue
    return Film(found, most_telling(found)) if found else Film([], [])


def pictures(run: Run, trained: TrainedModel) -> list[tuple[int, Path | None]]:
    """(step, snapshot) in order; the newest checkpoint is the last picture where no snapshot is as new."""
    paths = RunFolder.of(visitor.data_folder(), run.id).frames()
    found: list[tuple[int, Path | None]] = [(step_of(path), path) for path in paths]
    if found and found[-1][0] < trained.step:
        found.append((trained.step, None))
    return found


@st.cache_resource(max_entries=900, show_spinner=False)
def _frame(run_id: str, step: int, context: bytes, _trained, _path: Path | None) -> Frame:
    """Raises CheckpointDamaged."""
    with model_cache.asking():
        asked = _trained if _path is None else snapshots.at_frame(_path, _trained)
        return asked.frame(np.frombuffer(context, dtype=np.int64).copy())


def as_data(run: Run, trained: TrainedModel, film: Film, context: np.ndarray) -> dict:
    """All of the film as JSON: it is played without asking again."""
    store = visitor.store()
    evaluations = store.evaluations(run.id)
    samples = [row for row in evaluations if row.sample]
    names = {token_id: visible(name) for token_id, name in token_names.next_names(trained.tokenizer, context, film.ids).items()}
    frames = []
    for one in film.frames:
        probs = np.exp(one.log_probs.astype(np.float64))
        shown = [float(p) for p in probs[film.ids]]
        written = sum(row.step <= one.step for row in samples)  # so far
        frames.append(
            {
                "step": one.step,
                "p": [round(p, 6) for p in shown],
                "shown": [format_probability(p) for p in [*shown, float(np.delete(probs, film.ids).sum())]],
                "rest": float(np.delete(probs, film.ids).sum()),
                "loss": None if one.loss is None else round(one.loss, 4),
                "best": film.ids.index(int(one.log_probs.argmax())),
                "sample": written - 1 if written else None,
                "said": said(names, one),
            }
        )
    return {
        "film": f"{run.id} {trained.step}",
        "tokens": [names[token_id] for token_id in film.ids],
        "frames": frames,
        "samples": [{"step": row.step, "text": row.sample[:400]} for row in samples],
        "curve": curve(store, run),
        "validation": [[row.step, round(row.loss, 4)] for row in evaluations if row.loss is not None],
        "labels": labels(),
    }


def said(names: dict[int, str], one: Frame) -> str:
    best = int(one.log_probs.argmax())
    words = _("Step {step}: most likely “{token}”, {probability}.").format(
        step=f"{one.step:,}",
        token=names[best],
        probability=format_probability(math.exp(one.log_probs[best])),
    )
    if one.loss is not None:
        words = together(words, _("Loss of this text: {loss:.2f} nats per token.").format(loss=one.loss))
    return words


def curve(store: Store, run: Run) -> list[list[float]]:
    """(step, training loss) at steps that are even on a logarithmic axis."""
    steps = store.steps(run.id)
    if not len(steps.step):
        return []
    kept = np.unique(np.geomspace(1, len(steps.step), POINTS).astype(int)) - 1
    pairs = zip(steps.step[kept], steps.loss[kept], strict=True)
    return [[int(step), round(float(loss), 4)] for step, loss in pairs if math.isfinite(loss)]


def labels() -> dict[str, str]:
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "slider": _("Snapshot"),
        "rest": _("all other tokens"),
        "training": _("training loss"),
        "validation": _("validation loss"),
        "text": _("loss of this text"),
        "step": _("step"),
        "where": _("step {step}"),
        "loss": _("loss (nats per token)"),
        "wrote": _("What it wrote at step {step}"),
        "next": _("What comes next"),
    }
