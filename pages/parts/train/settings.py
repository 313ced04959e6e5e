"""The settings of a run as a form: presets first, the model beside what it costs, rarely needed knobs folded away."""

from dataclasses import fields

import streamlit as st

from lmcore import presets
from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig, bounds, choices, has_setting
from lmcore.models import parameter_count
from lmcore.runs.store.records import Run
from lmcore.runs.worker import memory_limits
from pages.parts import visitor
from pages.parts.components.number_field import number_field, refusal
from pages.parts.language import _
from pages.parts.run import run_labels, setting_labels
from pages.parts.train import breaking

OF_FAMILY = {"embedding_size", "hidden_size", "layers", "window", "learning_rate"}  # what suits one may not suit another
NUMBERS = ("stop_after", "learning_rate", "seed")  # typed
SIZES = {  # typed or set by a slider: lowest, highest, step of the slider
    "vocabulary_size": (260, 30_000, 20),
    "hidden_size": (8, 512, 8),
    "embedding_size": (8, 512, 8),
    "batch_size": (1, 256, 1),
    "sequence_length": (4, 256, 1),
    "window": (4, 256, 4),
}
PARTS = {"tokenizer": TokenizerConfig, "model": ModelConfig, "training": TrainingConfig}


def key(field: str) -> str:
    return f"settings.{field}"


def fill(config: RunConfig):
    """Set the form to a configuration when it is drawn next, and again until it has been drawn whole: a click that comes sooner ends
    that run of the script, and brings the values that the browser still shows."""
    st.session_state["settings.filled"] = config


def _set(config: RunConfig, missing_only: bool = False):
    """Set the widgets of the form to a configuration."""
    for values in config.with_training(planned_steps=0, evaluation_interval=0).to_json().values():
        for field, value in values.items():
            if missing_only and key(field) in st.session_state:
                continue
            st.session_state[key(field)] = value
            if field in SIZES:
                low, high, _step = SIZES[field]
                st.session_state[key(field) + ".typed"] = min(max(value, low), high)


def begin_with(text_id: str, tokenizer: str):
    """Another text begins with the tokenizer that suits it; everything else stays as it was set."""
    if st.session_state.get("settings.text") != text_id:
        st.session_state["settings.text"] = text_id
        st.session_state[key("level")] = tokenizer


def copy(run: Run, same_steps: bool = False):
    """Set the form to what a run was asked for, on the same text; same_steps: to what became of it here, seconds made steps, so that
    an equal seed gives an equal curve."""
    steps = {"stop": "steps", "stop_after": float(run.planned_steps)}
    fill(run.resolved.with_training(**steps) if same_steps else run.requested)
    st.session_state["settings.text"] = run.text_id


def form(types, characters: int, marker: str | None = None) -> RunConfig | None:
    """The settings as they stand; None where a number is refused. types: TokenizerConfig -> the least and the most types the chosen text
    would have; characters: its length; marker: between its prompts and answers, where it has some."""
    kept = st.session_state.get("settings") or presets.preset(30)
    if filled := st.session_state.get("settings.filled"):
        _set(filled)
    _set(kept, missing_only=True)  # Streamlit forgets a widget that a run of the script did not show
    _presets()
    last = st.container()
    left, right = st.columns(2, gap="large")
    with left:
        _choice(TokenizerConfig, "level")
        if _value("level") != "character":
            _size("vocabulary_size")
        _choice(ModelConfig, "family", on_change=_usual_sizes)
        _size("hidden_size")
        if has_setting(_value("family"), "heads"):
            _attention()
    with right:
        _choice(TrainingConfig, "stop", widget=st.selectbox)
        _number("stop_after", step=10)
        _time_limit()
        _choice(TrainingConfig, "optimizer", widget=st.selectbox, on_change=_usual_rate)
        _number("learning_rate", step=0.001)
        _loss_on(marker)
    with st.expander(_("More settings")):
        _more()
    st.session_state.pop("settings.filled", None)
    if refusals():
        return None
    config = st.session_state["settings"] = _read()
    _last_run(last, config)
    _cost(config, types(config.tokenizer), characters)
    return config


def _loss_on(marker: str | None):
    if marker is None:
        st.session_state[key("loss_on")] = "all"
        return
    _choice(TrainingConfig, "loss_on")
    if _value("loss_on") == "answer":
        st.caption(
            _("Only what follows “{marker}” is learned: the model is then P(answer | prompt).").format(
                marker=marker.replace("\t", _("a tab"))
            )
        )


def _time_limit():
    seconds = visitor.store().limits.seconds_per_run
    if seconds is not None:
        most = run_labels.duration(seconds)
        st.caption(
            ":material/timer: " + _("At most {duration} a run on this server; what it learned is kept.").format(duration=most)
        )


def _presets():
    def apply():
        chosen = st.session_state[key("preset")]
        level = _value("level")
        if chosen:
            fill(presets.article() if chosen == "article" else presets.preset(chosen, level))

    labels = {10: _("10 seconds"), 30: _("30 seconds"), 120: _("2 minutes"), "article": _("a plain RNN with plain SGD")}
    st.pills(_("Presets"), [*presets.SECONDS, "article"], format_func=labels.get, key=key("preset"), on_change=apply)


def _last_run(container, now: RunConfig):
    """One click away, for who comes by the address or another day; nothing where the form shows them."""
    last = breaking.last_usual()
    if last is not None and last.requested.with_training(evaluation_interval=0) != now:
        container.button(
            _("Settings of your last run"), icon=":material/history:", key="settings.last", on_click=fill, args=(last.requested,)
        )


def _attention():
    st.caption(
        _(
            "A Transformer looks back at earlier tokens directly. At this size it learns more slowly than an LSTM; what it is good for "
            "is using more of the past."
        )
    )
    size, (low, high) = _value("hidden_size"), bounds(ModelConfig, "heads")
    options = [heads for heads in range(low, high + 1) if size % heads == 0]
    st.session_state[key("heads")] = max(heads for heads in options if heads <= max(low, _value("heads")))
    st.segmented_control(
        setting_labels.name("heads"), options, key=key("heads"), help=setting_labels.help("heads"), required=True
    )
    _size("window")
    for field in ("positions", "residual"):
        st.toggle(setting_labels.name(field), key=key(field), help=setting_labels.help(field))


def _more():
    left, right = st.columns(2, gap="large")
    with left:
        _slider(ModelConfig, "layers")
        tied = st.toggle(setting_labels.name("tied"), key=key("tied"), help=setting_labels.help("tied"))
        if tied:
            st.session_state[key("embedding_size")] = st.session_state[key("hidden_size")]
        _size("embedding_size", disabled=tied)
        _slider(ModelConfig, "dropout", highest=0.8, step=0.05)
        _choice(TrainingConfig, "regularisation")
        _slider(TrainingConfig, "state_resets", highest=0.9, step=0.05)
        _number("seed")
    with right:
        _size("batch_size")
        _size("sequence_length")
        _choice(TrainingConfig, "schedule", widget=st.selectbox)
        _slider(TrainingConfig, "clipping", highest=10.0, step=0.1)
        _choice(TrainingConfig, "precision")
        _choice(TrainingConfig, "loss")


def _value(field: str):
    return st.session_state[key(field)]


def _usual_rate():
    """Rates that suit one optimizer ruin another."""
    st.session_state[key("learning_rate")] = presets.USUAL_RATES[_value("optimizer")]


def _usual_sizes():
    """Sizes and a rate that were not changed become those that suit the family."""
    seconds = _value("stop_after") if _value("stop") == "seconds" else 30.0
    families = st.session_state["settings"].model.family, _value("family")
    before, after = (presets.preset(seconds, _value("level"), family) for family in families)
    for was, suits in ((before.model, after.model), (before.training, after.training)):
        for field in {field.name for field in fields(was)} & OF_FAMILY:
            if _value(field) == getattr(was, field):
                st.session_state[key(field)] = getattr(suits, field)


def _choice(config_class, field: str, widget=None, on_change=None):
    widget = widget or (lambda *args, **more: st.segmented_control(*args, required=True, **more))
    widget(
        setting_labels.name(field),
        choices(config_class, field),
        format_func=lambda value: setting_labels.option(field, value),
        key=key(field),
        help=setting_labels.help(field),
        on_change=on_change,
    )


def _slider(config_class, field: str, highest=None, step=1):
    low, high = bounds(config_class, field)
    st.session_state[key(field)] = min(_value(field), highest or high)
    st.slider(setting_labels.name(field), low, highest or high, step=step, key=key(field), help=setting_labels.help(field))


def _size(field: str, disabled=False):
    """A slider, and beside it the same number to be typed: a slider alone is hard to set exactly with a thumb."""
    low, high, step = SIZES[field]
    typed = key(field) + ".typed"
    st.session_state[key(field)] = min(max(_value(field), low), high)
    if disabled or typed not in st.session_state or refusal("", st.session_state[typed], low, high, whole=True) is None:
        st.session_state[typed] = _value(field)

    def slide():
        st.session_state[typed] = _value(field)

    def type_in():
        if refusal("", st.session_state[typed], low, high, whole=True) is None:
            st.session_state[key(field)] = round(st.session_state[typed])

    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.slider(
        setting_labels.name(field), low, high, step=step, key=key(field), help=setting_labels.help(field), disabled=disabled,
        on_change=slide,
    )  # fmt: skip
    number_field(
        setting_labels.name(field), low, high, step=step, key=typed, container=row, below=st, disabled=disabled, on_change=type_in,
        label_visibility="collapsed", width=112,
    )  # fmt: skip


def _name(field: str) -> str:
    return setting_labels.stop_after(_value("stop")) if field == "stop_after" else setting_labels.name(field)


def _number(field: str, step=1):
    number_field(
        _name(field),
        *bounds(TrainingConfig, field),
        step=step,
        key=key(field),
        help=setting_labels.help(field),
        whole=_whole(field),
    )


def _whole(field: str) -> bool:
    return field == "seed" or field == "stop_after" and _value("stop") in ("steps", "plateau")


def _is_shown(field: str) -> bool:
    return _value("level") != "character" if field == "vocabulary_size" else has_setting(_value("family"), field)


def refusals() -> list[str]:
    """A sentence for each number of the form that cannot be taken."""
    shown = [field for field in SIZES if _is_shown(field)]
    typed: list[tuple] = [(field, key(field) + ".typed", *SIZES[field][:2], True) for field in shown]
    typed += [(field, key(field), *bounds(TrainingConfig, field), _whole(field)) for field in NUMBERS]
    found = (refusal(_name(field), st.session_state[name], *more) for field, name, *more in typed if name in st.session_state)
    return [words for words in found if words]


def _read() -> RunConfig:
    values = {part: {field.name: st.session_state[key(field.name)] for field in fields(kind)} for part, kind in PARTS.items()}
    values["training"]["seed"] = round(values["training"]["seed"])  # a field gives a float
    return RunConfig.from_json(values)


def _cost(config: RunConfig, types: tuple[int, int], characters: int):
    """types: the least and the most, where the text is too long to be counted. characters: of the text, at least as many as tokens."""
    st.caption(
        _("{types} types · {parameters} parameters · about {megabytes} MB of memory while training").format(
            types=_range(types),
            parameters=_range(parameter_count(config.model, count) for count in types),
            megabytes=_range(memory_limits.needed(config, count, characters) / 1e6 for count in types),
        )
    )


def _range(bounds) -> str:
    low, high = (f"{count:,.0f}" for count in bounds)
    return low if low == high else _("{low} to {high}").format(low=low, high=high)
