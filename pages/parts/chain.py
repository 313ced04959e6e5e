"""The chain rule on a page: each factor P(w_t | w_1 … w_{t-1}) of a sentence, its product, its cross entropy."""

import math

import numpy as np
import streamlit as st

from lmcore import probability
from pages.parts import charts, models
from pages.parts.language import _
from pages.parts.token_view import token_view

MOST_TOKENS = 2_000


def show(trained, sentence: str):
    """The whole chain of one sentence; a chosen token opens its one-hot target."""
    ids = trained.encode(sentence)
    if not len(ids):
        st.info(_("Type a sentence to see the probability of each of its tokens."))
        return
    if len(ids) > MOST_TOKENS:
        st.info(_("This text has {count} tokens; the first {most} are shown.").format(count=len(ids), most=MOST_TOKENS))
        ids = ids[:MOST_TOKENS]
    with models.asking():
        score = probability.score(trained.model, ids)
    say_totals(trained, sentence, score)
    chosen = coloured(trained, score)
    if chosen is not None:
        one_hot(trained, score, chosen)
    st.plotly_chart(
        charts.running_log_probability(
            texts(trained, score.ids), np.exp(score.log_probs), score.running_log_probs, chart_labels()
        ),
        key="chain.chart",
    )
    with st.expander(_("Every factor as a table")):
        st.dataframe(as_table(trained, score), hide_index=True, key="chain.table")


def texts(trained, ids) -> list[str]:
    return [charts.visible(trained.tokenizer.vocabulary[token_id]) for token_id in ids]


def say_totals(trained, sentence: str, score):
    total = float(score.running_log_probs[-1])
    unknown = unknown_pieces(trained, sentence)
    text_bytes = max(1, len(sentence.encode()))
    row = st.container(horizontal=True, gap="medium")
    row.metric(
        _("Probability of the whole"),
        charts.format_probability_from_log(total),
        help=charts.one_in_from_log(total),
        width=charts.FIGURE,
    )
    row.metric(_("Cross entropy (nats per token)"), f"{score.cross_entropy:.3f}", width=charts.FIGURE)
    row.metric(
        _("Perplexity"),
        f"{score.perplexity:,.1f}",
        help=_("exp of the cross entropy: as uncertain as an even choice among so many tokens"),
        width=charts.FIGURE,
    )
    row.metric(
        _("Bits per byte"),
        f"{score.bits_per_byte(text_bytes, sum(len(piece.encode()) for piece in unknown)):.3f}",
        help=_(
            "All bits divided by the text's UTF-8 bytes: comparable between tokenizers. Unknown words are charged 8 bits a byte."
        ),
        width=charts.FIGURE,
    )


def unknown_pieces(trained, text: str) -> list[str]:
    """The pieces of a text that this tokenizer does not know."""
    unknown_id = trained.tokenizer.unknown_id
    if unknown_id is None:
        return []
    marked = trained.marked(text)
    ids, starts, ends = trained.tokenizer.offsets(marked)
    return [marked[start:end] for token_id, start, end in zip(ids, starts, ends, strict=True) if token_id == unknown_id]


def coloured(trained, score) -> int | None:
    """The tokens, darker the more surprising -> the index of the chosen one."""
    tokenizer = trained.tokenizer
    tokens = [
        {
            "text": tokenizer.vocabulary[token_id],
            "id": int(token_id),
            "value": float(bits),
            "unknown": bool(token_id == tokenizer.unknown_id),
            "special": bool(token_id == tokenizer.begin_id),
        }
        for token_id, bits in zip(score.ids, score.surprise, strict=True)
    ]
    st.caption(_("Darker means more surprising. Choose a token to see how its loss is made."))
    chosen = st.session_state.get("chain.chosen")
    chosen = chosen if chosen is not None and chosen < len(tokens) else None
    result = token_view(tokens, key="chain.tokens", mode="surprise", selected=chosen, labels=token_labels())
    if result.clicked is not None and result.clicked < len(tokens):
        st.session_state["chain.chosen"] = chosen = int(result.clicked)
    return chosen


def one_hot(trained, score, index: int):
    """L = -Σ y_i log ŷ_i, with the numbers of one token."""
    with models.asking():
        log_probs = probability.next_token(trained.model, score.ids[:index])
    target = int(score.ids[index])
    order = [target] + [int(i) for i in np.argsort(-log_probs, kind="stable")[:6] if i != target][:5]
    with st.container(border=True):
        st.markdown(
            _("**The loss of one token.** The target y is *one-hot*: 1 for the token that really came, 0 for all others.")
        )
        st.latex(
            rf"L = -\sum_i y_i \log \hat y_i = -1 \cdot \log({math.exp(log_probs[target]):.4g}) = {-log_probs[target]:.4f}\ \text{{nats}}"
        )
        st.dataframe(
            {
                _("Token"): texts(trained, order) + [_("all others")],
                "y": [1] + [0] * len(order),
                "ŷ": [charts.format_probability(math.exp(log_probs[i])) for i in order]
                + [charts.format_probability(max(0.0, 1 - sum(math.exp(log_probs[i]) for i in order)))],
                "−y log ŷ": [f"{-log_probs[target]:.4f}"] + ["0"] * len(order),
            },
            hide_index=True,
            key="chain.one_hot",
        )
        st.caption(
            _("Only the row of the true token adds to the sum; training pushes its probability up, and so all others down.")
        )
        st.text(_("True token: {token}").format(token=texts(trained, [target])[0]))


def as_table(trained, score) -> dict[str, list]:
    running = score.running_log_probs
    return {
        "t": list(range(1, len(score.ids) + 1)),
        _("Token"): texts(trained, score.ids),
        "P(w_t | w_1 … w_{t−1})": [charts.format_probability(math.exp(value)) for value in score.log_probs],
        _("Model's rank"): [int(rank) for rank in score.ranks],
        "−log₂ P": [round(float(value), 3) for value in score.surprise],
        _("Running product"): [charts.format_probability_from_log(float(value)) for value in running],
        _("Running sum of logs"): [round(float(value), 3) for value in running],
    }


def token_labels() -> dict[str, str]:
    return {
        "legend": _("surprise in bits"),
        "token": _("token “{text}”, id {id}"),
        "value": _("{value} bits"),
        "unknown": _("unknown to this model"),
    }


def chart_labels() -> dict[str, str]:
    return {"token": _("Token"), "probability": _("Probability of each token"), "running": _("Running sum of log P (nats)")}
