"""The article's code, alive: a short program that does not run as printed, run for real, its faults mended one by one."""

import math

import numpy as np
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import article_code
from lmcore.inspection.article_code import Line, Outcome, Value
from lmcore.runs import article_process
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.components import plots
from pages.parts.inside import code_words
from pages.parts.language import _, together
from pages.parts.run import charts

RAN = "inside.code.ran"  # what this visitor has had run: (run, mended, square)
CHARACTERS = 40  # of a token, at most
AVERAGED = 10  # losses at the beginning and the end


def show(run: Run, trained: TrainedModel):
    st.markdown(
        _(
            "A program as articles print it: a recurrent network that learns to predict the next token. It looks right, and it does "
            "not run. Run it, read the error, mend it with the switch it belongs to, run it again: four times, then it trains."
        )
    )
    vocabulary_size = trained.tokenizer.vocabulary_size
    mended, square = _switches()
    state = run.id, mended, square
    pressed = st.button(
        _("Run it") if mended or square else _("Run it as printed"),
        icon=":material/play_arrow:",
        key="inside.code.run",
        type="primary",
    )
    ran: set = st.session_state.setdefault(RAN, set())
    outcome = None
    if pressed or state in ran:
        ids, own_text = _ids(run, trained)
        try:
            with st.spinner(_("Running it in a process of its own: loading torch takes most of the time …"), show_time=False):
                outcome = _outcome(run.id, own_text, vocabulary_size, mended, square, ids)
            ran.add(state)
        except TimeoutError:
            st.warning(_("The server is too busy: the program was ended after its time. Try again in a minute."))
    lines = article_code.program(vocabulary_size, mended, square=square)
    if outcome is not None:
        _result(outcome, mended, square, vocabulary_size)
    _listing(lines, outcome)
    if outcome is not None and not own_text:
        st.caption(
            _(
                "The training text belongs to the owner of this run, so the program reads the run's example context again and again."
            )
        )


def _switches() -> tuple[frozenset[str], bool]:
    """The faults that are mended; whether there are as many lanes as tokens."""
    row = st.container(horizontal=True, gap="medium")
    mended = [
        fault
        for fault, label in code_words.switches().items()
        if row.toggle(label, key=f"inside.code.{fault}", persist_state="session")
    ]
    square = st.toggle(
        _("Batch size = sequence length"),
        key="inside.code.square",
        persist_state="session",
        help=_("As many sequences in a batch as each has tokens: then wrong axes have the right sizes."),
    )
    return frozenset(mended), square


def _ids(run: Run, trained: TrainedModel) -> tuple[np.ndarray, bool]:
    """The beginning of the training text, and whether it is that: for others than its readers it is the run's example context."""
    try:
        if visitor.may_read(visitor.store().text(run.text_id)) and len(ids := _training_ids(run.id, trained)):
            return ids, True
    except TextError:  # its file is missing or damaged
        pass
    ids = trained.encode(run.pinned_context)
    return (ids if len(ids) else np.zeros(1, np.int64)), False


@st.cache_resource(max_entries=16, show_spinner=False)
def _training_ids(run_id: str, _trained: TrainedModel) -> np.ndarray:
    """Raises TextError."""
    train = open_run(RunFolder.of(visitor.data_folder(), run_id).path).corpus.train
    most = article_code.tokens_read(_trained.tokenizer.vocabulary_size)
    return _trained.tokenizer.encode(train[: most * CHARACTERS])[:most].astype(np.int64)


@st.cache_resource(max_entries=200, show_spinner=False)
def _outcome(
    run_id: str, own_text: bool, vocabulary_size: int, mended: frozenset[str], square: bool, _ids: np.ndarray
) -> Outcome:
    return article_process.run(vocabulary_size, _ids, mended, square=square)


def _listing(lines: list[Line], outcome: Outcome | None):
    """The program, and line by line beside it what its names held; where it stopped, the error."""
    comments = code_words.comments()
    shown = [
        line.code + ("  " if line.code.strip() else "") + f"# {comments[line.comment]}" if line.comment else line.code
        for line in lines
    ]
    if outcome is not None and outcome.error is not None and outcome.error[2]:
        shown[outcome.error[2] - 1] += f"  # ✗ {outcome.error[0]}"
    program, held = st.container(key="inside-code-lines").columns([3, 2], gap="small")
    program.caption(_("The program"))
    program.code("\n".join(shown), language="python", line_numbers=True)
    held.caption(_("What its lines gave, when they ran for the first time"))
    if outcome is None:
        held.info(_("Nothing yet: it has not run."))
        return
    said = ["; ".join(map(_said, outcome.values.get(number, []))) for number in range(1, len(lines) + 1)]
    if outcome.error is not None and outcome.error[2]:
        said[outcome.error[2] - 1] = f"✗ {outcome.error[0]}"
    held.code("\n".join(line or " " for line in said), language=None, line_numbers=True)


def _said(value: Value) -> str:
    """
    >>> _said(Value("output", [8, 12], [0.5, -1.0])), _said(Value("epochs", None, [3])), _said(Value("loss", [], [3.8]))
    ('output (8, 12)  0.5 -1 …', 'epochs 3', 'loss 3.8')
    >>> _said(Value("loader", count=60))
    'len(loader) 60'
    """
    numbers = " ".join(f"{number:g}" for number in value.numbers or [])
    if value.count is not None:
        of_model = _("{count} parameters").format(count=f"{value.count:,}")
        return f"{value.name}: {of_model}" if value.name == "model" else f"len({value.name}) {value.count:,}"
    if not value.shape:
        return f"{value.name} {numbers}"
    sizes = ", ".join(map(str, value.shape)) + ("," if len(value.shape) == 1 else "")
    return f"{value.name} ({sizes})" + (f"  {numbers} …" if numbers else "")


def _result(outcome: Outcome, mended: frozenset[str], square: bool, vocabulary_size: int):
    if outcome.error is not None:
        name, message, line = outcome.error
        said = _("It stopped in line {line}, in step {step} of training.") if outcome.losses else _("It stopped in line {line}.")
        st.error(said.format(line=line, step=len(outcome.losses)))
        st.code(f"{name}: {message}", language=None, wrap_lines=True)
        if (fault := article_code.next_fault(mended, square=square)) is not None:
            lanes, length = article_code.sizes(vocabulary_size, square=square)
            st.markdown(code_words.lessons()[fault].format(lanes=lanes, length=length))
        return
    first, last = (float(np.mean(part)) for part in (outcome.losses[:AVERAGED], outcome.losses[-AVERAGED:]))
    words = _(
        "It trains: in {steps} steps its loss went from {first:.2f} to {last:.2f} nats per token, each the mean of {averaged} steps."
    ).format(steps=len(outcome.losses), first=first, last=last, averaged=AVERAGED)
    if square and "axes" not in mended:
        st.warning(together(words, code_words.mixed()))
    else:
        st.success(words)
    figure = charts.blank(300, showlegend=True)
    steps = list(range(1, len(outcome.losses) + 1))
    figure.add_scatter(
        x=steps, y=outcome.losses, mode="lines", name=_("training loss"), line={"color": charts.PALETTE[0], "width": 2.2}
    )
    guess = math.log(vocabulary_size)
    figure.add_scatter(x=[1, steps[-1]], y=[guess, guess], mode="lines", name=_("knowing nothing"),
                       line={"color": "#8A8A8A", "dash": "dash"})  # fmt: skip
    figure.update_xaxes(title=_("step"))
    figure.update_yaxes(title=_("loss (nats per token)"))
    plots.show(figure, key="inside.code.losses")
    with st.expander(_("As a table")):
        st.dataframe({_("step"): steps, _("training loss"): [round(loss, 4) for loss in outcome.losses]}, hide_index=True)
    st.markdown(code_words.still_missing())
