"""Why this word? Where the training text has it after the same tokens, and which tokens of the context it rests on."""

import math

import numpy as np
import streamlit as st

from lmcore.inference.attribution import MOST
from lmcore.inference.evidence import Evidence, evidence, surroundings
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from pages.parts import number_format, visitor
from pages.parts.components import token_names
from pages.parts.components.next_token_bars import labels as bar_labels
from pages.parts.components.next_token_bars import next_token_bars
from pages.parts.components.token_names import visible
from pages.parts.components.token_view import token_view
from pages.parts.explore import next_words
from pages.parts.explore.model_table import readable
from pages.parts.language import _, current_language, together
from pages.parts.number_format import format_probability
from pages.parts.run import model_cache, ngram_cache

OFFERED = 8
LINES = 8
HARDLY = 0.05  # nats: a change of 5 %


def show(run: Run, trained: TrainedModel, context: str):
    log_probs = next_words.ask(trained, context)
    token_id = choose(trained, context, log_probs)
    probability = math.exp(log_probs[token_id])
    row = st.container(horizontal=True, gap="large")
    with row.container(width=260, gap="small"):
        st.caption(_("Why this token?"))
        st.code(visible(trained.tokenizer.vocabulary[token_id]), language=None)
    row.metric(_("Its probability here"), format_probability(probability), width=160)
    row.metric(_("Model's rank"), f"{int((log_probs > log_probs[token_id]).sum()) + 1:,}", width=160)
    ids = np.asarray(next_words.ids_of(trained, context), dtype=np.int64)
    in_the_context(run, trained, ids, token_id)
    in_the_training_text(run, trained, ids, token_id, probability)


def choose(trained: TrainedModel, context: str, log_probs: np.ndarray) -> int:
    """The token that is asked about: the most likely one, until another is chosen for this context."""

    def chosen():
        if (clicked := st.session_state["why.bars"].clicked) is not None:
            st.session_state["why.token"] = (context, int(clicked))

    def named():
        ids = trained.encode(st.session_state["why.other"])
        if len(ids):
            st.session_state["why.token"] = (context, int(ids[0]))
            st.session_state["why.unknown"] = st.session_state["why.other"] if ids[0] == trained.tokenizer.unknown_id else ""
        st.session_state["why.other"] = ""

    st.caption(_("Choose one of the tokens that may come next, or name another."))
    rows, rest = next_words.top_rows(trained.tokenizer, log_probs, None, OFFERED, next_words.ids_of(trained, context))
    labels = {**bar_labels(), "summary": _("Probabilities of the next token, most likely first. Choose one to ask why.")}
    next_token_bars(rows, rest, key="why.bars", labels=labels, on_click=chosen)
    st.text_input(_("Another token"), key="why.other", max_chars=100, on_change=named, width=300)
    if unknown := st.session_state.pop("why.unknown", ""):
        st.warning(_("This model has no token for it, so “unknown” is asked about instead:"))
        st.text(unknown)
    of_context, token_id = st.session_state.get("why.token", (None, 0))
    fits = of_context == context and token_id < len(log_probs)
    return token_id if fits else int(log_probs.argmax())


def in_the_training_text(run: Run, trained: TrainedModel, ids: np.ndarray, token_id: int, probability: float):
    st.subheader(_("In the training text"))
    counts = ngram_cache.counts(visitor.data_folder(), run)
    if counts is None:
        ngram_cache.explain_missing(run, "why.count")
        return
    index = counts.index
    found = look_up(trained, index, ids, token_id)
    if not found:
        st.info(_("Without a context there is nothing to look up: write the beginning of a sentence."))
        return
    st.dataframe(as_table(trained, with_begin(index, ids), found, probability), hide_index=True, key="why.evidence")
    say_verdict(found, with_begin(index, ids), expected=probability > 1 / trained.tokenizer.vocabulary_size)
    if index.skipped:
        st.caption(
            _(
                "Only the last {count} tokens of the training text are indexed: what stands before them is not counted here."
            ).format(count=f"{len(index.ids):,}")
        )
    lines(run, trained, index, found)


def with_begin(index, ids: np.ndarray) -> np.ndarray:
    """A context of items begins with the begin token, as in training: the beginning counts as seen, too."""
    return ids if index.begin_id is None else np.append(index.begin_id, ids)


def look_up(trained: TrainedModel, index, ids: np.ndarray, token_id: int) -> list[Evidence]:
    return evidence(with_begin(index, ids), token_id, index, most_positions=LINES)


def as_table(trained: TrainedModel, context: np.ndarray, found: list[Evidence], probability: float) -> dict[str, list]:
    return {
        _("Last tokens of the context"): [readable(trained, context[-one.length :]) for one in found],
        _("There so often"): [one.context_count for one in found],
        _("Followed by it"): [one.count for one in found],
        _("Counted probability"): [format_probability(one.share) if one.context_count else "—" for one in found],
        _("The model's"): [format_probability(probability)] * len(found),
    }


OFTEN = 0.5  # of the continuations: one that is rarer is one of several


def say_verdict(found: list[Evidence], context: np.ndarray, expected: bool):
    """Remembered or generalised: what the counts allow to say, and no more.

    expected: the model gives the token more than an even share. A network that expects nothing has not generalised either.
    """
    longest = found[-1]
    known = [one for one in found if one.count]
    if longest.count:
        whole = longest.length == len(context)
        said = _("The whole context stands in the training text {times}×, with this token after it {count}×.")
        part = _(
            "The end of the context ({length} tokens) stands in the training text {times}×, with this token after it {count}×."
        )
        facts = (said if whole else part).format(
            count=f"{longest.count:,}", times=f"{longest.context_count:,}", length=longest.length
        )
        verdicts = {True: _("It can be remembered."), False: _("It can be remembered as one continuation of several.")}
        st.info(together(facts, verdicts[longest.share > OFTEN]))
        return
    if known:
        facts = _(
            "In the training text this token comes after the end of the context as far as {known} tokens back ({count}×), and never "
            "after one token more."
        ).format(known=known[-1].length, count=f"{known[-1].count:,}")
    else:
        facts = _("Never seen in the training text: not even after the last token alone.")
    if not expected:
        st.info(together(facts, _("The model does not expect it either: its probability is below an even share.")))
    elif known:
        st.success(together(facts, _("So much can be remembered; to go by more of the context, the network generalised.")))
    else:
        st.success(together(facts, _("The network generalised.")))


def lines(run: Run, trained: TrainedModel, index, found: list[Evidence]):
    """Keyword in context; only for those who may read the training text."""
    known = {one.length: one for one in found if one.count}
    if not known:
        return
    if not visitor.may_read(visitor.store().text(run.text_id)):
        st.caption(
            _("The training text belongs to someone else, so its lines are not shown: only how often something stands in it.")
        )
        return
    length = (
        st.select_slider(
            _("Lines where so many tokens before it are the same"),
            list(known),
            value=max(known),
            key=f"why.length.{'.'.join(map(str, known))}",
        )
        if len(known) > 1
        else max(known)
    )
    one = known[length]
    st.caption(_("{shown} of {count} places").format(shown=len(one.positions), count=f"{one.count:,}"))
    parts = [surroundings(index, position) for position in one.positions]
    word = [visible(trained.tokenizer.vocabulary[int(index.ids[position - index.skipped])]) for position in one.positions]
    st.dataframe(
        {
            _("Before it"): [readable(trained, before) for before, _after in parts],
            _("The token"): word,
            _("After it"): [readable(trained, after) for _before, after in parts],
        },
        hide_index=True,
        column_config={_("Before it"): st.column_config.TextColumn(alignment="right")},
        key="why.lines",
    )


def in_the_context(run: Run, trained: TrainedModel, ids: np.ndarray, token_id: int):
    st.subheader(_("In this context"))
    if not len(ids):
        st.info(_("The context is empty: the model predicts from the beginning alone."))
        return
    ways = {"left out": _("left out"), "replaced": _("replaced by the most frequent token")}
    way = st.segmented_control(
        _("What if one token of the context were"),
        list(ways),
        default="left out",
        format_func=ways.get,
        key="why.way",
        required=True,
        persist_state="session",
    )
    replacement = most_frequent(run, trained) if way == "replaced" else None
    with model_cache.asking():
        influence = trained.influence(ids, token_id, replacement)
    last = ids[-len(influence) :]
    if len(last) < len(ids):
        st.caption(_("The last {count} tokens of the context:").format(count=MOST))
    tokenizer = trained.tokenizer
    token_view(
        [
            {
                "text": text,
                "name": tokenizer.vocabulary[token],
                "id": int(token),
                "value": float(value) if math.isfinite(value) else None,
                "unknown": bool(token == tokenizer.unknown_id),
                "special": bool(token == tokenizer.begin_id),
            }
            for text, token, value in zip(token_names.in_text(tokenizer, last), last, influence, strict=True)
        ],
        key="why.influence",
        mode="influence",
        labels=labels(),
    )
    say_most(trained, last, influence)


def most_frequent(run: Run, trained: TrainedModel) -> int:
    counts = ngram_cache.counts(visitor.data_folder(), run)
    usual = np.bincount(counts.index.ids, minlength=trained.tokenizer.vocabulary_size) if counts else np.ones(1)
    for special in (trained.tokenizer.unknown_id, trained.tokenizer.begin_id):
        if special is not None and special < len(usual):
            usual[special] = 0
    return int(usual.argmax())


def say_most(trained: TrainedModel, tokens: np.ndarray, influence: np.ndarray):
    """One sentence for those who do not read underlines."""
    if not np.isfinite(influence).any():
        return
    most = int(np.nanargmax(np.abs(influence)))
    change = float(influence[most])
    if abs(change) < HARDLY:
        st.caption(_("No single token matters here: without any one of them the probability stays almost the same."))
    else:
        said = (
            _("This one mattered most: without it the probability is divided by {factor}.")
            if change > 0
            else _("This one mattered most: without it the probability is multiplied by {factor}.")
        )
        st.caption(said.format(factor=number_format.amount(abs(change), current_language())))
        st.text(visible(trained.tokenizer.vocabulary[int(tokens[most])]))
    st.caption(
        _(
            "Each token is left out or replaced, one at a time, and the model asked again (occlusion). The underline is the change "
            "of log P: thick where much depends on the token. It shows what the answer rests on, not how the network works it out."
        )
    )


def labels() -> dict[str, str]:
    return {
        "legend": "",
        "token": _("token “{text}”, id {id}"),
        "value": _("{value} nats"),
        "unknown": _("unknown to this model"),
        "raises": _("makes it more likely"),
        "lowers": _("makes it less likely"),
    }
