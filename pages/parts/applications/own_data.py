"""The view *Your own data*: a table or two pasted columns become a task, cleaned and trained on like any text."""

from dataclasses import replace

import streamlit as st

from lmcore import presets
from lmcore.errors import LmcoreError, TextTooLarge
from lmcore.tasks import MOST_LABELS, Table, Task, read_table
from lmcore.text.corpus import SMALLEST_SPLIT
from lmcore.text.decoding import LIMIT, decode, one_line
from lmcore.tokenizers import suited_level
from pages.parts import kept, texts, visitor
from pages.parts.applications import chosen
from pages.parts.error_sentences import sentence
from pages.parts.language import _, literal
from pages.parts.run import starting

PASTED = "applications.pasted"
SECONDS = 20
KEPT = 300_000  # characters of a pasted table that loading the page again brings back: they stay in the server's memory
FIRST = 5  # rows that are shown
NAME = 40  # characters of the name of a text


def show():
    st.markdown(
        _(
            "Bring a table with two columns: a text and its label, a question and its answer, a sentence and its translation. Each row "
            "becomes a line `prompt => answer`, and a tenth of the different prompts is held out."
        )
    )
    content, name = _content()
    if not content.strip():
        st.caption(
            _("CSV, TSV, or two columns copied from a spreadsheet. Up to {megabytes} MB.").format(megabytes=LIMIT // 1_000_000)
        )
        return
    try:
        table = _table(content)
        source, target = _columns(table)
        task, text = _task(content, source, target)
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    _say_what_was_cleaned(task, table, Task.from_text(text, "lines"))
    st.code(
        "\n".join(task.separator.join(pair) for pair in chosen.examples(task.training)[:FIRST]),
        language=None,
        line_numbers=True,
        wrap_lines=True,
    )
    if st.button(
        _("Train on it ({seconds} s)").format(seconds=SECONDS),
        type="primary",
        icon=":material/model_training:",
        key="applications.own",
    ):
        _train(task, text, name)


def _content() -> tuple[str, str]:
    """Draw the two ways in; return (text, name of its file)."""
    file = st.file_uploader(_("A table (.csv, .tsv, .txt)"), key="applications.file", max_upload_size=LIMIT // 1_000_000)
    mine = kept.of("applications")
    st.session_state.setdefault(PASTED, mine.get(PASTED, ""))
    pasted = st.text_area(
        _("… or paste two columns"), key=PASTED, height=160, persist_state="session",
        placeholder="the tea was cold, negative\nthe soup was tasty, positive",
    )  # fmt: skip
    mine[PASTED] = pasted if len(pasted) <= KEPT else ""
    if file is None:
        if len(pasted.encode("utf-8", "replace")) > texts.PASTE_LIMIT:
            error = TextTooLarge(megabytes=len(pasted.encode("utf-8", "replace")) / 1e6, limit=texts.PASTE_LIMIT // 1_000_000)
            st.error(sentence(error.code, error.values))
            return "", ""
        return pasted, ""
    try:
        return decode(file.getvalue(), name=file.name).text, file.name
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return "", ""


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _table(content: str) -> Table:
    return read_table(content)


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _task(content: str, source: int, target: int) -> tuple[Task, str]:
    """Return (task, all of its pairs as a text of lines): what a run on this text holds back is held out."""
    task = Task.from_pairs(_table(content).pairs(source, target))
    return task, replace(task, training=(*task.training, *task.held_out)).text


def _columns(table: Table) -> tuple[int, int]:
    """Draw which column is which; the guess stands there first."""
    names = list(table.header) or [_("column {number}").format(number=number + 1) for number in range(table.width)]
    label = {number: one_line(name, 30) for number, name in enumerate(names)}
    key = f"{abs(hash((table.header, table.width, table.source, table.target)))}"
    row = st.columns(2)
    places = list(label)
    source = row[0].selectbox(_("Prompt"), places, index=table.source, format_func=label.get, key=f"applications.source.{key}")
    target = row[1].selectbox(_("Answer"), places, index=table.target, format_func=label.get, key=f"applications.target.{key}")
    if source == target:
        st.warning(_("Prompt and answer are the same column: choose two different ones."))
        st.stop()
    return source, target


def _say_what_was_cleaned(task: Task, table: Table, of_run: Task):
    """of_run: what a run trains on and holds out."""
    found = task.cleaning
    counts = {
        _("{count} rows with an empty cell were left out"): found.empty,
        _("{count} repeated rows were left out"): found.duplicates,
        _("in {count} cells line breaks became spaces"): found.line_breaks,
        _("{count} rows had another number of cells"): table.uneven,
        _("{count} prompts stand with several answers"): found.contradicting,
    }
    said = [words.format(count=f"{count:,}") for words, count in counts.items() if count]
    if found.seen_once:
        said.append(
            _("labels seen once, from which little can be learned: {labels}").format(labels=literal(", ".join(found.seen_once)))
        )
    if found.removed:
        said.append(
            _("marks that stood in every row became spaces: {marks}").format(marks=literal(" ".join(map(repr, found.removed))))
        )
    st.caption(
        _("{rows} rows: {training} lines to train on, {held_out} held out; the marker is {marker}.").format(
            rows=f"{found.rows:,}",
            training=f"{len(of_run.training):,}",
            held_out=f"{len(of_run.held_out):,}",
            marker=literal(task.marker),
        )
    )
    if said:
        st.caption(_("Cleaned: {what}.").format(what=", ".join(said)))
    if task.labels:
        st.caption(
            _("{count} labels: {labels}").format(
                count=len(task.labels), labels=literal(", ".join(one_line(one, 20) for one in task.labels))
            )
        )
    else:
        st.caption(
            _(
                "{count} different answers, so the model writes its answer token by token. Labels are at most {most} different answers that "
                "come again and again."
            ).format(count=f"{len({answer for _prompt, answer in task.training}):,}", most=MOST_LABELS)
        )
    if not of_run.held_out:
        st.warning(
            _(
                "The table is too short to hold some of it out, so there will be no score. About {characters} characters are needed."
            ).format(characters=f"{SMALLEST_SPLIT:,}")
        )


def _train(task: Task, content: str, name: str):
    if visitor.current() is None:
        st.error(
            _("Your browser does not accept this site's cookie, so a text could not be kept for you. Allow cookies and reload.")
        )
        return
    name = name or one_line(task.training[0][0], NAME)
    try:
        text = visitor.store().add_text(owner=visitor.current(), name=name, content=content, kind="lines", encoding="UTF-8")
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    config = presets.preset(SECONDS, suited_level(content))
    first = (task.held_out or task.training)[0][0]
    starting.start(text, replace(config, training=replace(config.training, loss_on="answer")), first + task.separator.rstrip())
