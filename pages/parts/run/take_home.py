"""A run to take home: as a file that any Next Word opens, as a program or a notebook that needs nothing of ours. Each is shown before it
is downloaded. What is in them is `lmcore.runs.exchange.transfer` and `lmcore.export`."""

import json

import streamlit as st

from lmcore import open_run
from lmcore.errors import LmcoreError
from lmcore.export import script
from lmcore.runs.exchange import safe_zip
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from pages.parts import texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, current_language
from pages.parts.run import run_file


def dialog(run: Run):
    """Ask as what; nothing is prepared before a choice."""
    st.dialog(_("Take this run home"), icon=":material/download:", width="medium")(_choices)(run)


def _choices(run: Run):
    st.text(texts.run_name(run))
    if marks.values_of(run, marks.BEGUN):
        st.caption(_("It began with the weights of another run: a program alone could not train it again."))
        run_file.choices(run)
        return
    kinds = {
        "run": _("Run file"),
        "program": _("Program in PyTorch"),
        "notebook": _("Notebook"),
    }
    chosen = st.segmented_control(
        _("As what?"), list(kinds), default="run", required=True, format_func=kinds.get, key="home.kind", width="stretch"
    )
    if chosen == "run":
        run_file.choices(run)
        return
    is_theirs = visitor.owns(run) or visitor.store().text(run.text_id).sample
    with_text = (
        bool(is_theirs)
        and run_file.has_text(run)
        and st.checkbox(_("With its text"), key="home.text", help=_("Whoever gets the file can read the text."))
    )
    try:
        with st.spinner(_("Writing it …"), show_time=False):
            (_program if chosen == "program" else _notebook)(run, with_text)
    except LmcoreError as error:
        st.info(sentence(error.code, error.values))


def _program(run: Run, with_text: bool):
    st.markdown(
        _(
            "The model of this run in plain PyTorch: it reads the text, cuts it, and trains with the same settings and random numbers. "
            "No part of Next Word is needed."
        )
    )
    narrow = run.resolved and run.resolved.training.precision == "bfloat16"
    st.caption(
        _("This run computed products in bfloat16: the losses of the program are the same but for their last digits.")
        if narrow
        else _("Its losses are those of this run, digit by digit, on a processor with the same version of PyTorch.")
    )
    files = _files(run.id, run.step, current_language(), with_text)
    st.code(files["train.py"].decode(), language="python", height=320)
    _say_of_text(with_text, "text.txt")
    st.download_button(
        _("Download the program"),
        safe_zip.pack(files),
        file_name=run_file.file_name(f"{texts.run_name(run)} PyTorch"),
        mime="application/zip",
        icon=":material/download:",
        type="primary",
        width="stretch",
        key="home.program",
        on_click="ignore",
    )


def _notebook(run: Run, with_text: bool):
    st.markdown(
        _(
            "The same program in cells, with a sentence each and a drawing of the curve. In Colab: File, Upload notebook. On Kaggle: "
            "Create, New notebook, then File, Import notebook. On your own computer: open it in Jupyter or VS Code."
        )
    )
    content = _book(run.id, run.step, current_language(), with_text)
    titles = [cell["source"][0].strip("#\n ") for cell in json.loads(content)["cells"] if cell["cell_type"] == "markdown"]
    with st.container(border=True, height=240):
        for title in titles:
            st.text(title)
    _say_of_text(with_text, "text.txt")
    st.download_button(
        _("Download the notebook"),
        content,
        file_name=run_file.file_name(f"{texts.run_name(run)}").removesuffix(".zip") + ".ipynb",
        mime="application/x-ipynb+json",
        icon=":material/download:",
        type="primary",
        width="stretch",
        key="home.notebook",
        on_click="ignore",
    )


def _say_of_text(with_text: bool, name: str):
    if not with_text:
        st.caption(
            _(
                "The text is not in it: who runs it puts the text beside it as {name}. Which text it must be, it says and checks."
            ).format(name=name)
        )


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _files(run_id: str, step: int, language: str, with_text: bool) -> dict[str, bytes]:
    """Return the program and its files. step: of the run now, so that a run that goes on is written anew."""
    return script.files(_opened(run_id), language, with_text=with_text)


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _book(run_id: str, step: int, language: str, with_text: bool) -> bytes:
    from lmcore.export import notebook  # a tenth of a second that no start of the server needs to wait

    return notebook.notebook(_opened(run_id), language, with_text=with_text)


def _opened(run_id: str):
    return open_run(RunFolder.of(visitor.data_folder(), run_id).path)
