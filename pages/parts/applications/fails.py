"""The view *Where it fails*: prompts that ask more than the lines taught. The visitor guesses first; then the model is asked for real."""

import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.tasks import Score, score
from pages.parts import links
from pages.parts.applications import chosen, figures
from pages.parts.applications.chosen import Chosen
from pages.parts.components import plots
from pages.parts.language import _
from pages.parts.run import model_cache

COUNT = 100  # prompts
SHOWN = 8  # of them, in a table
FAILED = 0.8  # of the share of unseen prompts: below it an experiment is said to fail


def show(run: Run, trained: TrainedModel, current: Chosen):
    if current.corpus is None:
        st.info(
            _(
                "Experiments that fail on purpose stand ready for the app's own tasks. On your own text, make one: leave a word out of the "
                "training lines on purpose, and ask it under “Ask”."
            )
        )
        return
    found = current.corpus.experiments()
    words = experiment_words()
    names = [name for name in words if name in found]
    st.markdown(_("What the lines never showed, a model has to make up. **Guess first**, then look: nothing is computed before."))
    name = st.selectbox(_("Experiment"), names, format_func=lambda one: words[one][0], key="applications.experiment")
    title, asked, why = words[name]
    st.markdown(asked)
    pairs = found[name]
    st.code("\n".join(f"{prompt} {current.task.marker} ?" for prompt, _answer in pairs[:3]), language=None, wrap_lines=True)
    guess = st.slider(
        _("How many of {count} such prompts will it get right?").format(count=COUNT),
        0,
        COUNT,
        COUNT // 2,
        key=f"applications.guess.{name}",
    )
    key = f"applications.shown.{run.id}.{name}"
    if st.button(_("Ask the model"), type="primary", key=f"applications.run.{name}", icon=":material/play_arrow:"):
        st.session_state[key] = guess
    if key in st.session_state:
        _result(run, trained, current, name, st.session_state[key], why)
    if others := chosen.variants(current.corpus):
        st.caption(_("More experiments, each with training lines of its own:"))
        for other in others:
            links.page_link("applications", chosen.title(other), ":material/science:", run=None, task=other.id, view="choose")


def _result(run: Run, trained: TrainedModel, current: Chosen, name: str, guess: int, why: str):
    with st.spinner(_("Asking the model …"), show_time=False):
        known = _scored(run.id, trained.step, "", trained, current)
        found = _scored(run.id, trained.step, name, trained, current)
    right = round(found.share * COUNT)
    st.metric(
        _("right of {count}").format(count=COUNT),
        right,
        delta=_("your guess: {guess}").format(guess=guess),
        delta_color="off",
        delta_arrow="off",
    )
    labels = {"model": _("this experiment"), "known": _("unseen prompts of the usual kind")}
    plots.show(figures.scores({"model": found, "known": known}, labels), key="applications.fails")
    st.info(_because(known, found, name, why), icon=":material/lightbulb:")
    shown = [*found.wrong[: SHOWN // 2], *[result for result in found.results if result.right][: SHOWN // 2]]
    st.dataframe(
        {
            _("Prompt"): [one.prompt for one in shown],
            _("It says"): [one.given for one in shown],
            _("Right would be"): [" / ".join(one.wanted) for one in shown],
        },
        hide_index=True,
        key="applications.fails.table",
    )


def _because(known: Score, found: Score, name: str, why: str) -> str:
    if known.share < FAILED:
        return _(
            "This model has not learned the usual prompts yet: {share} of them are right. Train it for longer; only then does the experiment "
            "say anything."
        ).format(share=f"{known.share:.0%}")
    if found.share < FAILED * known.share:
        return why
    if name == "longer":
        return _(
            "It did not fail here: however long such a prompt is, only a little of it has to be kept, such as where each person is now, and the "
            "network does the same after every sentence. Where every word has to be kept, as in a translation, longer prompts do fail."
        )
    return _(
        "It did not fail here: what the experiment asks could be put together from what the lines show. Try another experiment."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _scored(run_id: str, step: int, name: str, _trained: TrainedModel, _current: Chosen) -> Score:
    """name: of an experiment; "" for unseen prompts of the usual kind."""
    pairs = _current.corpus.experiments()[name] if name else _current.pairs
    with model_cache.asking():
        return score(_trained, pairs, COUNT, labels=_current.task.labels, separator=_current.task.separator)


def experiment_words() -> dict[str, tuple[str, str, str]]:
    """name -> (title, what is asked, why it fails)."""
    return {
        "negation_unseen": (
            _("Negation it never saw"),
            _("No adjective was ever negated in training. Now the deciding adjective is."),
            _(
                "The model counts on “good” and “bad”: in its lines they alone decided. That “not” turns a word round stands nowhere in "
                "them, and a model has no other world to know it from. What is not in the data cannot be learned from it."
            ),
        ),
        "swapped_names": (
            _("Names swapped"),
            _("The same stories, but each person now walks in the other one's rooms."),
            _(
                "Each room always went with one name, so the model never needed to read the names: the room alone gave the answer away. It "
                "took the shortcut, and nothing in its lines, and nothing in its score on unseen lines, spoke against it."
            ),
        ),
        "question_last": (
            _("The question after the story"),
            _("In training the question came first; now the story comes first and the question last."),
            _(
                "With the question first, the network need only follow one person. With the question last it must keep where everybody is, "
                "because it does not know who will be asked for. It has never practised that."
            ),
        ),
        "question_first": (
            _("The question before the story"),
            _("In training the story came first; now the question does. For a person that is easier."),
            _(
                "A model has no idea of “the same question in another place”: it learned what to do at each point of such a line, and this is "
                "another kind of line."
            ),
        ),
        "order_unseen": (
            _("A word order it never saw"),
            _("The same words and the same meaning, in an order that no training line has."),
            _(
                "For the network a sentence is a sequence, not a meaning. It has learned which part comes where; where the order changes, it "
                "writes what usually stands there."
            ),
        ),
        "negation_moved": (
            _("The negation moves"),
            _("“I do not think the soup was good”: the negation stands in another clause than the adjective."),
            _(
                "In training, negation stood right before its adjective. The network has learned where to look for it, not what it means; a "
                "few words further away it no longer counts."
            ),
        ),
        "adjective_noun": (
            _("An adjective that is new to a noun"),
            _("Both words are known; together they never stood in training."),
            _("What usually stands beside the noun wins over what is written: frequent pairs are learned as one thing."),
        ),
        "number_noun": (
            _("A number that is new to a noun"),
            _("Number and noun are known, but not together. In Chinese the noun decides the measure word."),
            _(
                "Number, measure word and noun were learned as one piece where they always came together, and the piece does not come apart."
            ),
        ),
        "never_negated": (
            _("Adjectives that were never negated"),
            _("Negations are known, and so are these ten adjectives, but never together."),
            _(
                "Putting together two known things in a new way is called composition. The network has learned many pairs of negation and "
                "adjective one by one, and only partly the rule behind them."
            ),
        ),
        "longer": (
            _("Longer than any it has seen"),
            _("The prompts are longer than every prompt in training."),
            _(
                "The hidden state has one fixed size, and training only ever asked it to keep as much as its prompts hold. What comes first "
                "is overwritten by what comes later. Longer training lines help; so does attention, which can look back."
            ),
        ),
        "matches": (
            _("Matches that never took place"),
            _("Two teams that never played each other in training."),
            _("The pairing was learned as one thing, instead of two teams that can be told apart."),
        ),
    }
