"""Runs that go wrong on purpose: guess first, then train; then the guess beside what happened, and the run that mends it."""

from types import SimpleNamespace

import streamlit as st

from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.training.breaking import BROKEN, OUTCOMES, SPOILED, Broken
from lmcore.training.diagnosis import diagnose
from pages.parts import demos, links, texts, visitor
from pages.parts.language import _, current_language, together
from pages.parts.run import curve_summary, run_labels, starting
from pages.parts.train import breaking_words as words
from sample_corpora import SAMPLES
from sample_corpora.tasks import TASKS

TASK = {"en": "reviews-en-no-negation", "zh": "reviews-zh-no-negation"}


def entrance():
    """Folded away below the form: choose what is to break, guess what the curve will do, start."""
    with st.expander(_("Break it: runs that go wrong on purpose"), icon=":material/bolt:", key="break"):
        st.caption(_("In each, one thing is wrong. Guess what the curve will do; then train, and see what it shows."))
        code = st.selectbox(_("What shall be wrong?"), list(BROKEN), format_func=words.name, key="break.preset")
        preset = BROKEN[code]
        st.markdown(words.what_is_wrong(preset))
        guess = st.radio(
            _("What will the loss do?"),
            sorted(preset.outcomes, key=OUTCOMES.index),
            format_func=words.outcome,
            index=None,
            key=f"break.guess.{code}",
        )
        if (
            st.button(_("Start the broken run"), icon=":material/play_arrow:", disabled=guess is None, key="break.start")
            and guess
        ):
            sample = _sample(current_language(), preset)
            note = marks.broken(code, guess)
            starting.start(_text(sample, preset.spoiled), preset.config, _context(sample), name=words.name(code), notes=[note])


def last_usual() -> Run | None:
    """The visitor's last run that was not to go wrong: the form, which keeps to sensible sizes, can show its settings."""
    owner = visitor.current()
    runs = visitor.store().runs(owner) if owner else []
    return next((run for run in runs if not marks.values_of(run, marks.BROKEN)), None)


def verdict(run: Run):
    """On the page of such a run: what was guessed; at its end what happened, and one change to try. Nothing on other runs."""
    if of := marks.values_of(run, marks.MENDED):
        _say_mended(run, of["preset"], of["of"])
    broken = marks.values_of(run, marks.BROKEN)
    if broken is None or broken["preset"] not in BROKEN:
        return
    preset = BROKEN[broken["preset"]]
    with st.container(border=True, key="break.verdict"):
        st.markdown(f"**{words.name(preset.code)}** · " + words.what_is_wrong(preset))
        guessed = _("You guessed: {outcome}").format(outcome=words.outcome(broken["guess"]))
        if run_labels.is_live(run):
            st.markdown(guessed)
            return
        found = diagnose(curve_summary.history(visitor.store(), run))[0]
        if found.code != preset.diagnosis:  # stopped early, or changed while it trained
            st.markdown(together(guessed, _("It was not trained to its end, so its curve does not show that.")))
            return
        right = broken["guess"] == preset.outcomes[0]
        st.markdown(f":material/{'check_circle' if right else 'cancel'}: {guessed}")
        if not right:
            st.markdown(_("What happened: {outcome}").format(outcome=words.outcome(preset.outcomes[0])))
        st.markdown(curve_summary.said(found))
        if visitor.owns(run) and st.button(words.change(preset), icon=":material/build:", key="break.mend"):
            _mend(run, preset)


def _say_mended(run: Run, code: str, of: str):
    if code not in BROKEN:
        return
    st.caption(_("This run mends “{name}”: {change}").format(name=words.name(code), change=words.change(BROKEN[code])))
    if not run_labels.is_live(run) and visitor.store().run(of) is not None:
        links.page_link("compare", _("Both curves in one chart"), ":material/compare_arrows:", runs=f"{of},{run.id}")


def _mend(run: Run, preset: Broken):
    name = (visitor.store().text(run.text_id).sample or "").partition("/")[0]
    sample = SAMPLES.get(name) or TASKS.get(name) or _sample(current_language(), preset)
    note, title = marks.mended(preset.code, run.id), _("{name}, mended").format(name=words.name(preset.code))
    starting.start(_text(sample, ""), preset.mended, _context(sample), name=title, notes=[note])


def _sample(language: str, preset: Broken):
    return SAMPLES[demos.SAMPLE[language]] if preset.text == "story" else TASKS[TASK[language]]


def _context(sample) -> str | None:
    """The context that is watched: the same in the broken run and the mended one."""
    return sample.context if sample.id in SAMPLES else None


def _text(sample, spoiled: str):
    """The text of a sample as it is, or with what is done to it: a sample too, so that it is kept once and for all visitors."""
    if not spoiled:
        return demos.sample_text(visitor.store(), sample)
    text, kind = SPOILED[spoiled](sample.text(), sample.kind)
    changed = SimpleNamespace(id=f"{sample.id}/{spoiled}", kind=kind, text=lambda: text)
    return demos.sample_text(visitor.store(), changed, name=words.spoiled(spoiled, texts.name(SimpleNamespace(sample=sample.id))))
