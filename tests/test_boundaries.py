"""The walls of the house: who may import whom."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {  # of each house, the lowest first: a module imports from its own floor and those below
    "lmcore": [{"errors", "config", "schema", "processor"}, {"tokenizers"}, {"text"}, {"models"}, {"inference"}, {"training", "presets"}, {"inspection", "tasks", "scale"}, {"runs"}, {"export"}],
    "lmcore.runs": [{"data_folder", "run_folder"}, {"store"}, {"queue", "worker"}, {"exchange", "opened_run", "article_process", "task_process"}],
}  # fmt: skip
ROOMS = {
    "applications",
    "text",
    "train",
    "runs",
    "explore",
    "write",
    "inside",
    "game",
    "classroom",
    "lesson",
    "scale",
}  # of a page
MOST_MODULES, MOST_LINES, MOST_PAGE_LINES = 15, 300, 150
CATALOGUES = {"lmcore/errors.py"}  # one short class after another


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


ALL = {dotted(path): path for path in [*modules("lmcore"), *modules("pages"), ROOT / "app.py"]}


def imports(path: Path) -> set[str]:
    """The names that a module imports, in its functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def graph() -> dict[str, set[str]]:
    """Module -> our modules that it imports: the module itself where a name is imported from it, not the packages above it."""
    edges = {}
    for name, path in ALL.items():
        found = {target for target in imports(path) if target in ALL}
        edges[name] = {target for target in found if not any(other.startswith(f"{target}.") for other in found)} - {name}
    return edges


GRAPH = graph()


def floor(house: str, name: str) -> int | None:
    room = name.removeprefix(house).lstrip(".").split(".")[0]
    return next((number for number, rooms in enumerate(FLOORS[house]) if room in rooms), None)


@pytest.mark.parametrize("house", FLOORS)
def test_each_floor_looks_only_downwards(house):
    wrong = []
    for name, targets in GRAPH.items():
        if not name.startswith(f"{house}.") or name == house:
            continue
        own = floor(house, name)
        assert own is not None, f"{name}: give it a place in FLOORS"
        inside = [target for target in targets if target.startswith(f"{house}.")]
        wrong += [f"{name} -> {target}" for target in inside if (floor(house, target) or 0) > own]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle():
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]):
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for target in sorted(GRAPH[name]):
                visit(target, (*way, name))
            done.add(name)

    for name in sorted(GRAPH):
        visit(name, ())


def test_nothing_is_imported_from_above():
    for name, targets in GRAPH.items():
        allowed = {"lmcore": ("lmcore",), "app": ("lmcore", "pages.parts", "app")}.get(
            name.split(".")[0], ("lmcore", "pages.parts")
        )
        assert all(target.startswith(allowed) for target in targets), name
        room = name.split(".")[2] if name.startswith("pages.parts.") else ""
        others = {target.split(".")[2] for target in targets if target.startswith("pages.parts.")} & ROOMS - {room}
        assert not others or not name.startswith("pages.parts."), f"{name} imports the rooms of another page: {others}"


def used_of_inference(path: Path) -> set[tuple[str, str]]:
    """(module, name) of all that a page uses of `lmcore.inference`, by `from module import name` or as `module.name`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used, named = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "lmcore.inference":
            named |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lmcore.inference."):
            used |= {(node.module.removeprefix("lmcore.inference."), alias.name) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in named:
            used.add((named[node.value.id], node.attr))
    return used


def test_pages_ask_a_model_only_as_a_trained_model():
    """Values and what is computed from ids, counts or probabilities may be imported; what takes a bare `LanguageModel` may not."""
    allowed = {("trained", "TrainedModel")}
    for path in modules("pages"):
        for module, name in used_of_inference(path) - allowed:
            found = getattr(importlib.import_module(f"lmcore.inference.{module}"), name)
            callables = [found, *(vars(found).values() if inspect.isclass(found) else ())]
            taken = {str(kind) for each in callables for kind in getattr(each, "__annotations__", {}).values()}
            bare = {kind for kind in taken if re.search(r"\bLanguageModel\b", kind)}
            assert not bare, f"{path.relative_to(ROOT)} uses {module}.{name}, which asks a bare model"


@pytest.mark.parametrize("path", modules("pages"), ids=lambda path: str(path.relative_to(ROOT)))
def test_there_is_one_form_of_import(path):
    """`parts.charts` would load a second copy of `pages.parts.charts`."""
    assert not any(name == "parts" or name.startswith("parts.") for name in imports(path))


@pytest.mark.parametrize("path", modules("lmcore"), ids=lambda path: str(path.relative_to(ROOT)))
def test_lmcore_knows_no_screen_and_no_sample(path):
    assert not {name.split(".")[0] for name in imports(path)} & {"streamlit", "plotly", "pandas", "pages", "sample_corpora"}


def test_no_room_is_crowded_and_no_module_long():
    folders = Counter(path.parent for path in ALL.values() if path.name != "__init__.py")
    assert {str(folder) for folder, count in folders.items() if count > MOST_MODULES} == set()
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL.values()}
    most = {name: MOST_PAGE_LINES if Path(name).parent == Path("pages") else MOST_LINES for name in lines}
    assert {name: count for name, count in lines.items() if count > most[name] and name not in CATALOGUES} == {}


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


def test_only_the_store_speaks_sql():
    for path in [*modules("lmcore"), *modules("pages"), ROOT / "app.py"]:
        if path.parent != ROOT / "lmcore" / "runs" / "store":
            called = {node.func.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_method_call(node)}
            assert not called & {"execute", "executemany", "executescript"}, path


def is_method_call(node) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def test_lmcore_never_prints():
    for path in modules("lmcore"):
        calls = [
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert "print" not in calls, path
