"""A run as a notebook for Jupyter, Colab or Kaggle: the cells of the program (`script`), with what they read inside."""

import base64
import textwrap
import zlib

import nbformat

from lmcore.export.script import needed, script
from lmcore.runs.opened_run import OpenedRun

INSIDE = 3_000_000  # bytes, compressed: more is put beside the notebook
UNPACK = """# {title}
import base64
import zlib
from pathlib import Path

for name, packed in {{{packed}
}}.items():
    Path(name).write_bytes(zlib.decompress(base64.b64decode(packed)))"""
TITLES = {"en": "The files that this notebook reads", "zh": "这个笔记本要读的文件"}


def notebook(run: OpenedRun, language: str = "en", *, with_text: bool) -> bytes:
    """Return the notebook of a run as JSON. with_text: it holds the text, for those who may read it.

    A text too large to stand in it must lie beside it, as `script.files` gives it. Raises what `script` raises.
    """
    cells = [as_cells(cell) for cell in script(run, language, notebook=True).split("# %% ")[1:]]
    packed = {
        name: base64.b64encode(zlib.compress(content, 9)).decode() for name, content in needed(run, with_text=with_text).items()
    }
    inside = {name: content for name, content in packed.items() if len(content) <= INSIDE}
    found = [cell for pair in cells for cell in pair]
    if inside:
        source = UNPACK.format(title=TITLES[language], packed="".join(_entry(*item) for item in inside.items()))
        found.insert(2, nbformat.v4.new_code_cell(source, metadata={"jupyter": {"source_hidden": True}, "cellView": "form"}))
    for number, cell in enumerate(found):
        cell["id"] = f"cell-{number}"  # else drawn at random: the same run gives the same file
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=found, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(book)
    return nbformat.writes(book).encode()


def as_cells(cell: str) -> list:
    """Return a cell of the program as two: its title and the comments under it as text, and the code.

    >>> [part.source for part in as_cells("The text\\n# It is short.\\nprint(1)\\n")]
    ['## The text\\n\\nIt is short.', 'print(1)']
    """
    title, *lines = cell.strip().split("\n")
    count = next((number for number, line in enumerate(lines) if not line.startswith("# ")), len(lines))
    words = " ".join(line.removeprefix("# ") for line in lines[:count])
    return [
        nbformat.v4.new_markdown_cell(f"## {_plain(title)}\n\n{_plain(words)}".strip()),
        nbformat.v4.new_code_cell("\n".join(lines[count:]).strip()),
    ]


def _plain(words: str) -> str:
    """Names that visitors gave stand in it: they are shown as they are, not as Markdown."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|!$" else character for character in words)


def _entry(name: str, content: str) -> str:
    rows = "\n".join(f'        "{row}"' for row in textwrap.wrap(content, 120))
    return f'\n    "{name}": (\n{rows}\n    ),'
