"""What the documents say is true: their commands, their code, their links and pictures."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lmcore
from lmcore.runs import data_folder
from lmcore.runs.store.limits import documented
from pages.parts.server import class_pin, hosts, settings_table

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "sample_corpora").glob("*.md")])
TEST_COMMAND = 'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/pytest'


@pytest.mark.parametrize("name", lmcore.__all__)
def test_every_public_name_has_an_example(name):
    assert ">>> " in getattr(lmcore, name).__doc__  # run as a doctest where it stands


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_a_page_has_its_heading(document):
    text = document.read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings


@pytest.mark.parametrize(("page", "language"), [("teaching.md", "en"), ("teaching.zh.md", "zh")])
def test_the_teachers_table_names_every_setting_and_nothing_more(page, language):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `[A-Z_]+` .*$", text, re.M)
    assert rows == settings_table.table(language).splitlines()[2:]
    named = {row.split("`")[1] for row in rows}
    others = {data_folder.ENVIRONMENT, hosts.ENVIRONMENT, class_pin.PROXY, *class_pin.ENVIRONMENT.values()}
    assert named == {*others, *(name for name, _, _ in documented())}
    assert set(re.findall(r"NEXT_WORD_[A-Z_]+", text)) <= named


def test_teachers_type_the_same_in_both_languages():
    english, chinese = (
        re.findall(r"^ *```.*?^ *```$", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.M | re.S)
        for page in ("teaching.md", "teaching.zh.md")
    )
    assert english == chinese and len(english) == 8


def test_the_server_of_the_teachers_page_is_safe(monkeypatch):
    """Its unit keeps the data from other accounts; its settings name the server and the proxy, and its PINs are long enough."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8"), re.M | re.S)
    unit, nginx = (next(block for block in blocks if line in block) for line in ("[Service]", "server_name"))
    assert {"UMask=0077", "StateDirectoryMode=0700", "User=nextword"} <= set(unit.splitlines())
    settings = dict(line.split("=") for line in next(block for block in blocks if "NEXT_WORD_HOSTS" in block).splitlines())
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    class_pin.check_environment()
    name = re.search(r"server_name (\S+);", nginx)[1]
    assert hosts.is_known(name) and hosts.is_same(f"https://{name}", name)
    assert class_pin.address("203.0.113.7", {"x-forwarded-for": "203.0.113.7"}) == "203.0.113.7"


def test_both_readmes_give_the_same_commands():
    commands = [
        set(re.findall(r"^py\S* -m venv .*$", (ROOT / name).read_text(encoding="utf-8"), re.M))
        for name in ("README.md", "README.zh.md")
    ]
    assert TEST_COMMAND in commands[0] and commands[0] == commands[1] and len(commands[0]) == 4


def test_ci_runs_the_readme_s_test_command():
    ran = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert ran.replace(" -q ", " ") == TEST_COMMAND


def test_the_readme_s_code_runs_as_it_stands(tmp_path):
    (code,), (chinese,) = (
        re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.S)
        for name in ("README.md", "README.zh.md")
    )
    assert code == chinese
    assert len(code.strip().splitlines()) <= 7  # two lines of imports and space, five of work
    (tmp_path / "story.txt").write_text(
        "The river was low that summer, and the ferryman had little to do. " * 60, encoding="utf-8"
    )
    short = code.replace("stop_after=10.0)", 'stop="steps", stop_after=30.0)')
    assert short != code
    result = subprocess.run(
        [sys.executable, "-c", short], cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    steps, (answer, *written) = lines[:30], lines[30:]
    assert [int(step.split()[0]) for step in steps] == list(range(1, 31))
    assert float(answer.rsplit(" ", 1)[1]) > 1
    assert written[0].startswith("The river")


def test_every_figure_on_performance_names_a_command_that_exists():
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    both = text + (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`python (benchmarks/\w+\.py)", both))
    assert named == {f"benchmarks/{path.name}" for path in (ROOT / "benchmarks").glob("*.py") if path.name != "common.py"}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        assert "|" not in section or "python benchmarks/" in section, section.splitlines()[0]


ELSEWHERE = {"time", "monotonic", "query_params", "blocks", "zh", "loadPlotly", "own"}  # libraries' names, values


def _names() -> set[str]:
    """Return the names of files, folders, functions, classes, constants and fields of the product."""
    found = set(ELSEWHERE)
    for folder in ("lmcore", "pages", "sample_corpora"):
        for path in [ROOT / "app.py", *(ROOT / folder).rglob("*")]:
            found |= {path.stem, *path.name.split("."), *path.relative_to(ROOT).parts[:-1]}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.suffix == ".py" else ():
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    found.add(node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not node.id.islower():
                    found.add(node.id)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
    return found


def test_what_a_module_names_in_its_opening_exists():
    names = _names()
    for folder in ("lmcore", "pages", "sample_corpora"):
        for path in (ROOT / folder).rglob("*.py"):
            opening = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            for word in re.findall(r"`([A-Za-z_.]+)(?:\(\))?`", opening):
                assert not set(word.strip(".").split(".")) - names, f"{path.relative_to(ROOT)}: {word}"
