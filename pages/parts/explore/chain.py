"""The chain rule on a page: each factor P(w_t | w_1 … w_{t-1}) of a sentence under each model, its product, its cross entropy.

How a typed sentence becomes a score is `scoring`; what stands beside it for a second sentence is `two_sentences`.
"""

import math

import numpy as np
import streamlit as st

from lmcore.inference import probability
from lmcore.inference.probability import TextSize
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.text import corpus
from lmcore.tokenizers import ITEM_BREAK
from pages.parts import number_format
from pages.parts.components import plots, token_names
from pages.parts.components.token_view import token_view
from pages.parts.explore import model_lineup, next_words
from pages.parts.language import _
from pages.parts.run import charts, model_cache, run_labels


def show(run: Run, trained: TrainedModel, marked: str, found):
    """The whole chain of one sentence; a chosen token opens its one-hot target."""
    say_totals(trained, marked, found)
    chosen = coloured(trained, found, key="chain.tokens")
    if chosen is not None:
        one_hot(run, trained, marked, found, chosen, key="chain")


def show_models(run: Run, trained: TrainedModel, marked: str, found):
    """The same sentence under every model: its factors as a chart and a table, and what they come to."""
    st.subheader(_("The same sentence under every model"))
    entries = model_lineup.choose(run, trained)
    with model_cache.asking():
        log_probs = {entries[0].name: found.log_probs}  # this run: scored already
        read = np.append(found.context, found.ids)
        log_probs |= {entry.name: entry.compared.token_log_probs(read)[len(found.context) :] for entry in entries[1:]}
    plots.show(
        charts.chain_of_probabilities(
            token_names.in_a_row(trained.tokenizer, found.ids),
            np.exp(found.log_probs),
            {name: np.cumsum(row) for name, row in log_probs.items()},
            {entry.name for entry in entries if entry.first_shown},
            {entry.name: entry.colour for entry in entries},
            chart_labels(),
        ),
        key="chain.chart",
    )
    st.dataframe(totals_table(trained, marked, found, log_probs), hide_index=True, key="chain.totals")
    if any(probability.total(row) == -math.inf for row in log_probs.values()):
        st.caption(
            _(
                "∞: this model holds one of the tokens for impossible where it stands, so the whole sentence has probability 0. "
                "That is what smoothing is for."
            )
        )
    with st.expander(_("Every factor as a table")):
        st.dataframe(as_table(trained, found, log_probs), hide_index=True, key="chain.table")


def texts(trained: TrainedModel, ids) -> list[str]:
    return [token_names.visible(name) for name in token_names.in_a_row(trained.tokenizer, ids)]


def say_totals(trained: TrainedModel, marked: str, found):
    """What the chain comes to: for the sentence, or for its part that is read."""
    total, size = found.total, TextSize.of(marked, trained.tokenizer)
    row = st.container(horizontal=True, gap="medium")
    row.metric(
        _("Probability of the whole"),
        number_format.format_probability_from_log(total),
        number_format.one_in(total),
        "off",
        delta_arrow="off",
        width=190,
    )
    row.metric(_("Cross entropy (nats per token)"), f"{found.cross_entropy:.3f}", width=220)
    row.metric(
        _("Perplexity"),
        number_format.large(found.perplexity),
        help=_("exp of the cross entropy: as uncertain as an even choice among so many tokens"),
        width=charts.FIGURE,
    )
    row.metric(
        _("Bits per byte"),
        f"{size.bits_per_byte(-total):.3f}",
        help=_(
            "All bits divided by the text's UTF-8 bytes: comparable between tokenizers. Unknown words are charged 8 bits a byte."
        ),
        width=charts.FIGURE,
    )
    if trained.tokenizer.level == "word":
        st.caption(run_labels.beside_tokens(*size.beside_tokens))
    if trained.kind != "stream":
        st.caption(end_words()[trained.kind, marked.endswith(ITEM_BREAK)])


def end_words() -> dict[tuple[str, bool], str]:
    """What the probability of the whole is the probability of: {(kind, whether the end is counted): sentence}."""
    return {
        ("lines", False): _("The probability that a line begins like this; that it ends here is not counted."),
        ("lines", True): _("The probability that a line is exactly this: it begins like this and ends here."),
        ("blocks", False): _("The probability that a block begins like this; that it ends here is not counted."),
        ("blocks", True): _("The probability that a block is exactly this: it begins like this and ends here."),
    }


def coloured(trained: TrainedModel, found, *, key: str) -> int | None:
    """The tokens, darker the more surprising -> the index of the chosen one."""
    tokenizer = trained.tokenizer
    tokens = [
        {
            "text": text,
            "name": tokenizer.vocabulary[token_id],
            "id": int(token_id),
            "value": float(bits) if math.isfinite(bits) else None,
            "unknown": bool(token_id == tokenizer.unknown_id),
            "special": bool(token_id == tokenizer.begin_id),
        }
        for text, token_id, bits in zip(token_names.in_text(tokenizer, found.ids), found.ids, found.surprise, strict=True)
    ]
    st.caption(_("The stronger the colour, the more surprising. Choose a token to see how its loss is made."))
    this_text = found.ids.tobytes()

    def choose():  # before the tokens are drawn again, so that they show it
        if (clicked := st.session_state[key].clicked) is not None:
            st.session_state[f"{key}.chosen"] = (int(clicked), this_text)

    chosen, of_text = st.session_state.get(f"{key}.chosen", (None, None))
    chosen = chosen if of_text == this_text else None
    token_view(tokens, key=key, mode="surprise", selected=chosen, labels=token_labels(), on_click=choose)
    return chosen


def one_hot(run: Run, trained: TrainedModel, marked: str, found, index: int, *, key: str):
    """L = -Σ y_i log ŷ_i, with the numbers of one token."""
    with model_cache.asking():
        log_probs = trained.next_token(np.append(found.context, found.ids[:index])).log_probs
    target = int(found.ids[index])
    loss = probability.one_hot_cross_entropy(log_probs, target)
    order = [target] + [int(i) for i in np.argsort(-log_probs, kind="stable")[:6] if i != target][:5]
    others = np.delete(np.exp(log_probs), order).sum()
    with st.container(border=True):
        st.markdown(
            _("**The loss of one token.** The target y is *one-hot*: 1 for the token that really came, 0 for all others.")
        )
        st.text(_("True token: {token}").format(token=texts(trained, [target])[0]))
        st.latex(
            rf"L = -\sum_i y_i \log \hat y_i = -1 \cdot \log({math.exp(log_probs[target]):.4g}) = {loss:.4f}\ \text{{{_('nats')}}}"
        )
        st.dataframe(
            {
                _("Token"): texts(trained, order) + [_("all others")],
                "y": [1] + [0] * len(order),
                "ŷ": [number_format.format_probability(math.exp(log_probs[i])) for i in order]
                + [number_format.format_probability(others)],
                "−y log ŷ": [f"{loss:.4f}"] + ["0"] * len(order),
            },
            hide_index=True,
            key=f"{key}.one_hot",
        )
        st.caption(
            _("Only the row of the true token adds to the sum; training pushes its probability up, and so all others down.")
        )
        st.button(
            _("Why this token?"),
            icon=":material/help:",
            key=f"{key}.why",
            on_click=ask_why,
            args=(
                run.id,
                trained,
                before_token(trained, marked, index, found.context),
                np.append(found.context, found.ids[:index]),
                target,
            ),
        )


def before_token(trained: TrainedModel, marked: str, index: int, context=()) -> str:
    """The text before one of its tokens, as a visitor would type it. context: ids (S,) that stand before the text."""
    ids, starts, _ends = trained.tokenizer.offsets(marked)
    if trained.tokenizer.level == "subword":  # a token may begin within a character
        return trained.written([*context, *ids[:index]]).removeprefix(" ")
    before = trained.written(context)
    between = " " if trained.tokenizer.level == "word" and before[-1:].strip() else ""
    return before + between + corpus.unmark(marked[: starts[index]], trained.kind)


def ask_why(run_id: str, trained: TrainedModel, context: str, ids: np.ndarray, token_id: int):
    next_words.keep(trained, context, ids)
    st.session_state["explore.context"] = context
    st.session_state["explore.context.run"] = run_id
    st.session_state["why.token"] = (context, token_id)
    st.session_state["explore.view"] = st.query_params["view"] = "why"


def totals_table(trained: TrainedModel, marked: str, found, log_probs: dict[str, np.ndarray]) -> dict[str, list]:
    """A row a model."""
    rows, size = [], TextSize.of(marked, trained.tokenizer)
    for name, row in log_probs.items():
        total = probability.total(row)
        entropy = -total / len(row)
        rows.append(
            {
                _("Model"): name,
                _("Probability of the whole"): number_format.format_probability_from_log(total),
                _("That is"): number_format.one_in(total),
                _("Cross entropy (nats per token)"): "∞" if entropy == math.inf else f"{entropy:.3f}",
                _("Perplexity"): "∞" if entropy > 700 else f"{probability.perplexity(entropy):,.1f}",
                _("Bits per byte"): "∞" if entropy == math.inf else f"{size.bits_per_byte(-total):.3f}",
            }
        )
    return {column: [row[column] for row in rows] for column in rows[0]}


def as_table(trained: TrainedModel, found, log_probs: dict[str, np.ndarray]) -> dict[str, list]:
    """A row a token: what this run says of it, then every other model's P(w_t | …)."""
    running = found.running_log_probs
    first, *others = log_probs
    return {
        "t": list(range(1, len(found.ids) + 1)),
        _("Token"): texts(trained, found.ids),
        "P(w_t | w_1 … w_{t−1})": [factor(value) for value in log_probs[first]],
        _("Model's rank"): [int(rank) for rank in found.ranks],
        "−log₂ P": [number_format.digits(float(value)) for value in found.surprise],
        _("Running product"): [number_format.format_probability_from_log(float(value)) for value in running],
        _("That is"): [number_format.one_in(float(value)) for value in running],
        _("Running sum of logs"): [round(float(value), 3) for value in running],
        **{f"P · {name}": [factor(value) for value in log_probs[name]] for name in others},
    }


def factor(log_p: float) -> str:
    """— where the beginning is none of this model's, so that nothing can follow it."""
    return "—" if math.isnan(log_p) else number_format.format_probability_from_log(float(log_p))


def token_labels() -> dict[str, str]:
    return {
        "legend": _("surprise in bits"),
        "token": _("token “{text}”, id {id}"),
        "value": _("{value} bits"),
        "unknown": _("unknown to this model"),
    }


def chart_labels() -> dict[str, str]:
    return {"token": _("Token"), "probability": _("Probability of each token"), "running": _("Running sum of log P (nats)")}
