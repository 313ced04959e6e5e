"""The view *Ask*: a prompt, the answers with their probabilities, and which words of the prompt they rest on."""

import math

import numpy as np
import streamlit as st

from lmcore import Sampling
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.tasks import answer, label_probabilities, rank, sources, unknown_words, votes
from lmcore.tasks.asking import Answer, Sources, context_of
from pages.parts import links
from pages.parts.applications import figures
from pages.parts.applications.chosen import Chosen
from pages.parts.components import plain_bars, plots, token_names
from pages.parts.components.number_field import number_field
from pages.parts.components.token_view import token_view
from pages.parts.language import _, literal, together
from pages.parts.number_format import format_probability
from pages.parts.run import guard, model_cache

PROMPT, CANDIDATES, STEP = "applications.prompt", "applications.candidates", "applications.step"
LONGEST = 2_000  # characters of a prompt
LEFT_OUT = 400  # tokens that are left out one by one
CANDIDATES_SHOWN = 8  # for one token
SHOWN = 24  # words, or columns of a chart


def show(run: Run, trained: TrainedModel, current: Chosen):
    prompt = _prompt(run, trained, current)
    if not prompt:
        st.info(_("Type a prompt, or take one that the model has never seen."))
        return
    with model_cache.asking(), st.spinner(_("Asking the model …"), show_time=False):
        found = _labels(trained, current, prompt) if current.task.labels else _written(run, trained, current, prompt)
    _mattered(trained, current, prompt, found)
    _ranking(run, trained, current, prompt)
    context = f"{prompt}{current.task.separator}"
    if st.button(_("Open in Explore, token by token"), icon=":material/search:", key="applications.explore"):
        explore(run, context)


def explore(run: Run, context: str):
    """Open a context in Explore."""
    st.session_state["explore.context"], st.session_state["explore.context.run"] = context, run.id
    links.go("explore")


def _prompt(run: Run, trained: TrainedModel, current: Chosen) -> str:
    guard.begin_with(run, PROMPT, current.pairs[0][0] if current.pairs else "")
    number = st.session_state.get(f"{PROMPT}.number", 0)

    def another():
        st.session_state[f"{PROMPT}.number"] = number + 1
        place = (number + 1) * 7919 % len(current.pairs)  # a prime: neighbours in the list are alike
        st.session_state[PROMPT] = current.pairs[place][0]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_area(_("Prompt"), key=PROMPT, max_chars=LONGEST, height=82)
        if current.pairs:
            st.button(_("Another unseen one"), key="applications.another", icon=":material/casino:", on_click=another)
    prompt = typed.strip()
    if unknown := unknown_words(trained, prompt):
        st.warning(
            _("Not in its training text, so it reads them all as one unknown token: {words}").format(
                words=literal(", ".join(map(token_names.visible, unknown)))
            )
        )
    wanted = [right for asked, right in current.pairs if asked == prompt]
    if wanted:
        st.caption(_("An unseen prompt. The right answer: {answer}").format(answer=literal(" / ".join(dict.fromkeys(wanted)))))
    return prompt


def _labels(trained: TrainedModel, current: Chosen, prompt: str) -> str:
    """Draw the probabilities of the labels; return the most likely."""
    found = label_probabilities(trained, prompt, current.task.labels, separator=current.task.separator)
    ordered = sorted(found.items(), key=lambda item: -item[1])
    plain_bars.show(ordered, key="applications.labels", others=False)
    st.caption(
        _("P(label | prompt) among the {count} labels: “{label}” with {probability}.").format(
            count=len(ordered), label=literal(ordered[0][0]), probability=format_probability(ordered[0][1])
        )
    )
    return ordered[0][0]


def _written(run: Run, trained: TrainedModel, current: Chosen, prompt: str) -> str:
    """Draw the answer that is written, token by token; return it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ways = {"greedy": _("most likely token each time"), "drawn": _("drawn")}
        way = st.segmented_control(
            _("How it writes"), list(ways), format_func=ways.get, key="applications.way", default="greedy", required=True
        )
        settings, seed = Sampling(temperature=0.0), st.session_state.get("applications.seed", 1)
        if way == "drawn":
            temperature = number_field(_("Temperature"), 0.1, 2.0, key="applications.temperature", default=1.0)
            settings = Sampling(temperature=temperature or 1.0)
            if st.button(_("Draw again"), key="applications.again", icon=":material/casino:"):
                seed = st.session_state["applications.seed"] = seed + 1
    found = answer(trained, prompt, separator=current.task.separator, settings=settings, seed=seed)
    with st.container(border=True):
        st.text(found.text or _("(nothing: it ends at once)"))
    st.caption(_of_answer(found))
    with st.expander(_("Token by token")):
        _token_by_token(run, trained, current, prompt, found)
    return found.text


def _token_by_token(run: Run, trained: TrainedModel, current: Chosen, prompt: str, found: Answer):
    """Draw what else could have stood in the place of one token of the answer."""
    names = [figures.name_of(token) for token in (*found.tokens, *([""] if found.ended else []))]
    if not 0 <= st.session_state.get(STEP, 0) < len(names):
        st.session_state[STEP] = 0  # of a longer answer
    place = st.segmented_control(
        _("What else could have stood here?"),
        range(len(names)),
        format_func=lambda place: f"{literal(names[place])} {format_probability(math.exp(found.log_probs[place]))}",
        key=STEP,
        default=None if STEP in st.session_state else 0,
        required=True,
    )
    context = np.concatenate([context_of(trained, prompt, current.task.separator), found.ids[:place]])
    with model_cache.asking():
        log_probs = trained.next_token(context).log_probs
    likeliest = np.argsort(-log_probs, kind="stable")[:CANDIDATES_SHOWN]
    named = token_names.next_names(trained.tokenizer, context, likeliest)
    end = trained.tokenizer.begin_id
    rows = [
        (figures.name_of("" if token == end else named[token]), float(np.exp(log_probs[token]))) for token in likeliest.tolist()
    ]
    plain_bars.show(rows, key="applications.step.bars")
    if st.button(_("Open in Explore at this token"), key="applications.step.explore", icon=":material/search:"):
        explore(run, f"{prompt}{current.task.separator}{''.join(found.tokens[:place]).lstrip()}")


def _of_answer(found: Answer) -> str:
    said = _(
        "P(answer | prompt) = {probability}: the product of the probabilities of its {count} tokens, the end included."
    ).format(probability=format_probability(math.exp(found.log_prob)), count=len(found.log_probs))
    return said if found.ended else together(said, _("It did not end by itself and was cut."))


def _mattered(trained: TrainedModel, current: Chosen, prompt: str, given: str):
    """Draw what the answer rests on: the votes of words, or the influence of each token of the prompt on each of the answer."""
    labels, separator = current.task.labels, current.task.separator
    if (count := len(trained.encode(prompt))) > LEFT_OUT:
        st.caption(
            _("This prompt has {count} tokens. Which of them mattered is shown for prompts of at most {most}.").format(
                count=f"{count:,}", most=LEFT_OUT
            )
        )
        return
    if len(labels) == 2:
        _votes(trained, prompt, given, next(label for label in labels if label != given), separator)
        return
    if not given:
        return
    st.subheader(_("Which words of the prompt mattered?"))
    with model_cache.asking(), st.spinner(_("Leaving out one token after another …"), show_time=False):
        mattered = sources(trained, prompt, given, separator=separator)
    if not mattered.prompt:
        return
    if len(mattered.prompt) > SHOWN:
        _in_the_prompt(trained, prompt, mattered, separator)
    else:
        plots.show(figures.sources(mattered), key="applications.sources")
    row, column = np.unravel_index(np.abs(mattered.influence).argmax(), mattered.influence.shape)
    st.caption(
        _(
            "Each token of the prompt is left out once. A cell says by how many bits that lowers the probability of the token of the answer. "
            "Strongest: “{source}” for “{target}”, {bits:.1f} bits."
        ).format(
            source=literal(figures.name_of(mattered.prompt[column])),
            target=literal(figures.name_of(mattered.answer[row])),
            bits=mattered.influence[row, column] / math.log(2),
        )
    )
    with st.expander(_("As a table")):
        st.dataframe(figures.sources_table(mattered), hide_index=True, key="applications.sources.table")


def _votes(trained: TrainedModel, prompt: str, given: str, other: str, separator: str):
    """Draw by how many bits each word speaks for the label that is given; of many words the strongest."""
    with model_cache.asking(), st.spinner(_("Leaving out one word after another …"), show_time=False):
        found = votes(trained, prompt, given, other, separator=separator)
    if not found:
        return
    st.subheader(_("Which words speak for “{label}”?").format(label=literal(given)))
    by_strength = sorted(range(len(found)), key=lambda place: -abs(found[place][1]))
    plots.show(figures.votes([found[place] for place in sorted(by_strength[:SHOWN])], given, other), key="applications.votes")
    if len(found) > SHOWN:
        st.caption(_("The {shown} strongest of {count} words.").format(shown=SHOWN, count=len(found)))
    word, bits = found[by_strength[0]]
    st.caption(
        _(
            "Each word is left out once; its vote is by how many bits that changes the odds. Strongest: “{word}”, {bits:.1f} bits for "
            "“{label}”. Votes need not add up: words act together."
        ).format(word=literal(word), bits=abs(bits), label=literal(given if bits > 0 else other))
    )


def _in_the_prompt(trained: TrainedModel, prompt: str, mattered: Sources, separator: str):
    """Underline the tokens of a long prompt by what they do to the whole answer."""
    ids = context_of(trained, prompt, separator)[: len(mattered.prompt)]
    token_view(
        [
            {
                "text": text,
                "name": trained.tokenizer.vocabulary[token],
                "id": int(token),
                "value": float(value),
                "unknown": bool(token == trained.tokenizer.unknown_id),
                "special": bool(token == trained.tokenizer.begin_id),
            }
            for text, token, value in zip(
                token_names.in_text(trained.tokenizer, ids), ids, mattered.influence.sum(axis=0), strict=True
            )
        ],
        key="applications.sources.tokens",
        mode="influence",
        labels={
            "legend": "",
            "token": _("token “{text}”, id {id}"),
            "value": _("{value} nats"),
            "unknown": _("unknown to this model"),
            "raises": _("makes it more likely"),
            "lowers": _("makes it less likely"),
        },
    )


def _ranking(run: Run, trained: TrainedModel, current: Chosen, prompt: str):
    """Candidates of the visitor, by sum and by mean."""
    with st.expander(_("Which of these answers is the likeliest?"), icon=":material/format_list_numbered:"):
        suggested = dict.fromkeys(right for asked, right in (*current.pairs[:40], *current.task.training[:40]))
        own = [right for asked, right in current.pairs if asked == prompt]
        guard.begin_with(run, CANDIDATES, "\n".join(list(dict.fromkeys([*own, *suggested]))[:4]))
        typed = st.text_area(_("Candidates, one a line"), key=CANDIDATES, height=120)
        different = list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
        if len(different) < 2:
            st.info(_("Ranking needs at least two different candidates; there is {count}.").format(count=len(different)))
            return
        with model_cache.asking():
            found = rank(trained, prompt, different[:50], separator=current.task.separator)
        st.dataframe(
            {
                _("Candidate"): [one.text for one in found],
                _("Probability"): [format_probability(math.exp(one.total)) for one in found],
                _("Sum (bits)"): [round(-one.total / math.log(2), 2) for one in found],
                _("Tokens, with the end"): [len(one.log_probs) for one in found],
                _("Mean (bits per token)"): [round(-one.mean / math.log(2), 2) for one in found],
            },
            hide_index=True,
            key="applications.ranked",
        )
        by_mean = max(found, key=lambda one: one.mean)
        if by_mean is found[0]:
            said = _("Here both put “{first}” first.").format(first=literal(found[0].text))
        else:
            said = _("Here the sum puts “{first}” first, the mean “{second}”.").format(
                first=literal(found[0].text), second=literal(by_mean.text)
            )
        st.caption(
            together(
                _(
                    "By the sum a long answer always has the harder time, as each token makes the product smaller; the mean per token takes that "
                    "out, and may favour an answer that is merely long."
                ),
                said,
            )
        )
