"""Write: the model continues a text token by token, and shows every draw; or the visitor chooses."""

import secrets

import streamlit as st

from lmcore.inference.sampling import Sampling
from lmcore.runs.worker.preview import SAMPLE_TOKENS
from pages.parts import unknown
from pages.parts.components.number_field import number_field
from pages.parts.language import _
from pages.parts.run import guard, setting_labels
from pages.parts.write import continuations, copy_meter, editor

LARGEST_SEED = 999_999


def another_seed():
    st.session_state["write.seed"] = secrets.randbelow(LARGEST_SEED + 1)


st.title(_("Write"))
run = guard.a_run()
trained = guard.a_model(run)
guard.about(run, trained)

kept = editor.kept_text(run)
guard.begin_with(run, "write.prompt", kept.prompt if kept else run.pinned_context)
prompt = st.text_area(_("Begin with (may be empty)"), key="write.prompt", height=80, max_chars=20_000)
unknown.say(trained, prompt, "write.prompt")
temperature = st.slider(
    _("Temperature"), 0.0, 2.0, 0.8, 0.05, key="write.temperature", help=setting_labels.help("temperature"), width=320
)
more = st.expander(_("More settings"))
knob = more.container(horizontal=True, gap="medium")
settings = Sampling(
    temperature,
    knob.slider(_("Top-k (0: all)"), 0, 50, 0, key="write.top_k", help=setting_labels.help("top_k"), width=160),
    knob.slider(_("Top-p"), 0.05, 1.0, 1.0, 0.05, key="write.top_p", help=setting_labels.help("top_p"), width=160),
)
knob = more.container(horizontal=True, vertical_alignment="bottom", gap="medium")
seed = number_field(
    setting_labels.name("seed"),
    0,
    LARGEST_SEED,
    default=1,
    key="write.seed",
    container=knob,
    below=more,
    help=_("Where the random numbers come from: the same seed, prompt and settings write the same text."),
    width=140,
)
knob.button(_("Another seed"), icon=":material/casino:", key="write.another_seed", on_click=another_seed)
usual = SAMPLE_TOKENS[trained.tokenizer.level]
amount = number_field(_("Tokens at most"), 1, 500, default=usual, key="write.amount", container=knob, below=more, width=140)
rules = editor.stop_rules(trained)
rule = knob.selectbox(_("Stop condition"), list(rules), format_func=rules.get, key="write.stop_rule", width=220)

writing = editor.text_of(run, trained, prompt)
refused = seed is None or amount is None
editor.show(run, trained, writing, settings, seed=seed, amount=None if refused else amount, rule=rule)

st.subheader(_("Side by side"))
views = {"temperatures": _("three temperatures"), "counting": _("counting and network"), "copied": _("copied?")}
view = st.segmented_control(
    _("View"),
    list(views),
    default="temperatures",
    format_func=views.get,
    key="write.view_below",
    required=True,
    label_visibility="collapsed",
)
if seed is None:
    st.stop()
if view == "temperatures":
    continuations.temperatures(run, trained, writing, settings, seed)
elif view == "counting":
    continuations.counting(run, trained, writing, settings, seed)
else:
    copy_meter.show(run, trained, writing)
