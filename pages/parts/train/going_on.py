"""Go on with another text (fine-tuning): a run as the beginning of a new one; where a run began, and what it has forgotten since."""

from collections import Counter

import streamlit as st

from lmcore.errors import TokenizerDamaged
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.text.statistics import unknown_share
from pages.parts import texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, literal, together
from pages.parts.run import run_labels, starting
from sample_corpora import SAMPLES

SHOWN = 5  # unknown pieces
MUCH, FORGOTTEN = 0.2, 0.05  # of the tokens; nats per token


def may_begin(run: Run) -> bool:
    """Whether a run has a model that this visitor may train on."""
    mine = visitor.owns(run) or run.owner is None
    return mine and not run_labels.is_live(run) and bool(RunFolder.of(visitor.store().folder, run.id).checkpoints())


def offer(run: Run):
    if st.button(_("Go on with another text"), icon=":material/alt_route:", key="train.go_on"):
        st.dialog(_("Go on with another text"), icon=":material/alt_route:")(_choose)(run)


def say(run: Run):
    """On the page of a run that began with another's weights: with which, and what became of the other's text."""
    if (words := run_labels.origin(run)) is None:
        return
    losses = marks.old_losses(run)
    if len(losses) > 1 and not run_labels.is_live(run):
        (_start, before), (_end, after) = losses[0], losses[-1]
        changed = {
            True: _("On the old text its loss rose from {before:.2f} to {after:.2f}: so much of it is forgotten."),
            False: _("On the old text its loss went from {before:.2f} to {after:.2f}: nothing of it is forgotten."),
        }[after > before + FORGOTTEN]
        words = together(words, changed.format(before=before, after=after))
    st.caption(f":material/alt_route: {words}")


def _choose(run: Run):
    st.caption(
        _(
            "A new run begins with what this one has learned: its weights, its tokens and its settings. While it learns the new text, the "
            "curve shows its loss on the old one too."
        )
    )
    own = visitor.store().texts(visitor.current()) if visitor.current() else []
    options = {text.id: text for text in (*own, *map(texts.sample_text, SAMPLES)) if text.id != run.text_id}
    names = dict(zip(options, run_labels.distinct(map(texts.name, options.values())), strict=True))
    text = options[st.selectbox(_("Text"), list(options), format_func=names.get, key="go_on.text")]
    try:
        st.markdown(_unknown(run, text))
    except TokenizerDamaged as error:
        st.error(sentence(error.code, error.values))
        return
    if st.button(_("Start training"), type="primary", icon=":material/play_arrow:", key="go_on.start"):
        config = run.requested
        if config.training.loss_on == "answer" and texts.marker(text) is None:
            config = config.with_training(loss_on="all")
        best = RunFolder.of(visitor.store().folder, run.id).best_first(run.best_step)[0]
        starting.start(text, config, begin_with=(run.id, step_of(best)))


def _unknown(run: Run, text) -> str:
    """What happens to the tokens of a text that a run's vocabulary lacks."""
    share, pieces = _lacking(run.id, text)
    if not share:
        return _("The model knows every token of this text.")
    said = _(
        "{share:.1%} of the tokens of this text are not in the vocabulary of the model, {examples} among them. It reads each of them as the "
        "one token “unknown”, and can never write them."
    ).format(share=share, examples=", ".join(f"“{literal(piece)}”" for piece in pieces))
    return together(said, _("That is much: a new model would suit this text better.")) if share > MUCH else said


def _lacking(run_id: str, text) -> tuple[float, list[str]]:
    """(share of the tokens that are unknown, the most frequent unknown pieces), of the first part of a text."""
    tokenizer = RunFolder.of(visitor.store().folder, run_id).tokenizer()
    part = texts.corpus(text).train[: texts.MEASURED]
    if tokenizer.unknown_id is None:
        return 0.0, []
    share = unknown_share(tokenizer.encode(part), tokenizer.unknown_id)
    counted = Counter(piece for piece in tokenizer.unknown_pieces(part) if not piece.isspace())
    return share, [piece[:20] for piece, _count in counted.most_common(SHOWN)]
