"""The walls of the house: who may import whom."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    {"errors", "config", "schema", "processor", "presets"},
    {"tokenizers"},
    {"text"},
    {"models"},
    {"inference"},
    {"training"},
    {"runs"},
]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def layer(name: str) -> int:
    return next((index for index, names in enumerate(LAYERS) if name in names), -1)


@pytest.mark.parametrize("path", modules("lmcore"), ids=lambda path: str(path.relative_to(ROOT)))
def test_lmcore_looks_only_downwards(path):
    own = layer(path.relative_to(ROOT / "lmcore").parts[0].removesuffix(".py"))
    assert own >= 0 or path == ROOT / "lmcore" / "__init__.py", "a new folder of lmcore: give it a place in LAYERS"
    for name in imports(path):
        assert name.split(".")[0] not in {"streamlit", "plotly", "pandas", "pages", "sample_corpora"}
        if name.startswith("lmcore."):
            assert layer(name.split(".")[1]) <= own or path == ROOT / "lmcore" / "__init__.py"


@pytest.mark.parametrize("path", modules("pages"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_imports_another(path):
    names = {path.stem for path in (ROOT / "pages").glob("*.py")}
    for name in imports(path):
        assert not (name.startswith("pages.") and name.split(".")[1] in names)
        assert name != "parts" and not name.startswith("parts.")


def test_lmcore_loads_no_screen():
    everything = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in modules("lmcore")]
    code = f"import sys\nfor name in {everything}: __import__(name)\nprint(sorted({{'streamlit', 'plotly', 'pandas'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "[]", result.stderr


def test_the_store_needs_no_torch():
    code = "import sys, lmcore.runs.store.store, lmcore.runs.queue.pool\nprint('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "False", result.stderr


def test_the_first_page_of_a_server_needs_no_torch():
    scripts = [ast.parse((ROOT / "pages" / name).read_text(encoding="utf-8")) for name in ("menu.py", "home.py")]
    lines = [ast.unparse(node) for script in scripts for node in script.body if isinstance(node, ast.Import | ast.ImportFrom)]
    code = "\n".join([*lines, "import sys", "print('torch' in sys.modules)"])
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "False", result.stderr


def test_one_module_names_the_files_of_a_run():
    """An exported run has files of its own, some of the same names; the folder of the backups has a lock of its own."""
    names = re.compile(
        r"(checkpoint-|snapshot-|^snapshots\b|run\.json|row\.json|tokenizer\.json|counts\.safetensors|worker\.log|^lock$)"
    )
    own = {f"lmcore/runs/{name}.py" for name in ("run_folder", "exchange/run_schema", "exchange/model_card", "store/backups")}
    for path in [*modules("lmcore"), *modules("pages"), ROOT / "app.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings may
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
                relative = str(path.relative_to(ROOT))
                assert relative in own or not names.search(node.value), f"{relative} line {node.lineno}: {node.value!r}"


def test_lmcore_never_prints():
    for path in modules("lmcore"):
        calls = [
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert "print" not in calls, path
