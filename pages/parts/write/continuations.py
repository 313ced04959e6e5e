"""The same prompt continued several times, side by side: at three temperatures, by counting models and the network.

All with the same seed: token t of each is drawn with the same random number.
"""

import numpy as np
import streamlit as st

from lmcore.inference.sampling import Sampling
from lmcore.inference.trained import TrainedModel
from lmcore.inference.writing import Writing, pieces
from lmcore.models import NgramModel
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.components.written_view import written_view
from pages.parts.language import _
from pages.parts.run import model_cache, ngram_cache, reference_lines
from pages.parts.write import copy_meter, editor

TEMPERATURES = (0.3, 0.8, 1.3)
ORDERS = (1, 2, 3, 4, 5)
SHOWN_ORDERS = (2, 5)
SHOWN_PROMPT = 80  # characters of its end
AMOUNT = {"character": 200, "word": 60, "subword": 80}


def temperatures(run: Run, trained: TrainedModel, writing: Writing, settings: Sampling, seed: int):
    st.caption(
        _("The same prompt and the same random numbers (seed {seed}); only the temperature differs. 0 is greedy.").format(
            seed=seed
        )
    )
    for number, (column, usual) in enumerate(zip(st.columns(3, gap="medium"), TEMPERATURES, strict=True)):
        with column:
            temperature = st.slider(_("Temperature"), 0.0, 2.0, usual, 0.05, key=f"write.temperature.{number}")
            changed = Sampling(temperature, settings.top_k, settings.top_p)
            _continuation(run, trained, writing, changed, seed, key=f"write.beside.{number}")


def counting(run: Run, trained: TrainedModel, writing: Writing, settings: Sampling, seed: int):
    counts = ngram_cache.counts(visitor.data_folder(), run)
    if counts is None:
        ngram_cache.explain_missing(run, "write.count")
        return
    orders = st.pills(
        _("Counting models: how many tokens are counted together (n)"),
        ORDERS,
        default=SHOWN_ORDERS,
        selection_mode="multi",
        key="write.orders",
    )
    short = {1: _("memory: none"), 2: _("memory: the last token")}
    columns = st.columns(len(orders) + 1, gap="medium")
    for column, order in zip(columns, sorted(orders), strict=False):
        with column:
            st.markdown(f"**{reference_lines.ngram(order)}**")
            st.caption(_("memory: the last {count} tokens").format(count=order - 1) if order > 2 else short[order])
            model = trained.with_model(NgramModel(counts, order))
            _continuation(run, model, writing, settings, seed, key=f"write.counting.{order}", order=order)
    with columns[-1]:
        st.markdown(_("**The network**"))
        st.caption(_("memory: as much as its state can hold"))
        _continuation(run, trained, writing, settings, seed, key="write.network")


def _continuation(
    run: Run, trained: TrainedModel, writing: Writing, settings: Sampling, seed: int, *, key: str, order: int | None = None
):
    """The prompt continued by one model, with its share copied. order: of a counting model."""
    ids = _generated(run.id, trained.step, order, writing.prompt, settings, seed, trained, writing)
    found = copy_meter.of_text(run, trained, ids)
    written_view(
        editor.prompt_end(writing.prompt, SHOWN_PROMPT),
        pieces(trained, writing.prompt, writing.prompt_ids, ids),
        key=key,
        labels=editor.labels(),
        copied=tuple((span.begin, span.end) for span in found.spans) if found else (),
        max_height=300,
    )
    if found:
        st.caption(_("copied {share} · longest match {longest}").format(share=f"{found.share:.0%}", longest=found.longest))


@st.cache_data(max_entries=256, show_spinner=False)
def _generated(
    run_id: str,
    step: int,
    order: int | None,
    prompt: str,
    settings: Sampling,
    seed: int,
    _trained: TrainedModel,
    _writing: Writing,
) -> np.ndarray:
    """(T,) ids."""
    if order is not None:  # it would forget all but the end of a long prompt; a network reads it once
        _writing = Writing(prompt, _writing.prompt_ids[-ORDERS[-1] :])
    with model_cache.asking():
        return _writing.continuation(_trained, settings, seed, AMOUNT[_trained.tokenizer.level])
