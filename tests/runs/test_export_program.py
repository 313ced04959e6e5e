"""The program and the notebook of a run train the same model: the same losses, bit for bit, without lmcore."""

import ast
import json
import os
import subprocess
import sys

import nbclient
import nbformat
import pytest

from lmcore import open_run
from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import CheckpointMissing, TextMissing
from lmcore.export import notebook, script
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from sample_corpora import SAMPLES
from sample_corpora.tasks import TASKS

STEPS = 200
ENGLISH, CHINESE = SAMPLES["fables-en"].text()[:16_000], SAMPLES["fables-zh"].text()[:9_000]
FEW = "\n".join(
    f"the {size} {animal} sat on the {place}"
    for size in ("old", "red")
    for animal in ("cat", "dog")
    for place in ("mat", "log", "bed")
)
PAIRS = "\n".join(f"{prompt} => {answer}" for prompt, answer in TASKS["reviews-en"].training()[:300])
RUN_ALL = """
import contextlib, io, json, pathlib, runpy, sys
assert not any("lmcore" in name for name in sys.modules)
for folder in map(pathlib.Path, sys.argv[1:]):
    sys.argv = ["train.py", str(folder / "losses.csv")]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        runpy.run_path(str(folder / "train.py"), run_name="__main__")
    (folder / "said.txt").write_text(said.getvalue(), encoding="utf-8")
assert not any("lmcore" in name for name in sys.modules)
"""
# each family, tokenizer, optimizer and kind of text, and each setting that has a part of its own in the program
CASES = {
    "lstm-character-muon-stream": ({}, {}, "character", ENGLISH, "stream"),
    "gru-word-adamw-stream": ({"family": "gru"}, {"optimizer": "adamw", "schedule": "constant"}, "word", CHINESE, "stream"),
    "rnn-subword-sgd-lines": ({"family": "rnn"}, {"optimizer": "sgd", "schedule": "cosine"}, "subword", ENGLISH, "lines"),
    "lstm-word-adam-lines": ({"layers": 2, "dropout": 0.2}, {"optimizer": "adam"}, "word", ENGLISH, "lines"),
    "gru-character-momentum-blocks": ({"family": "gru"}, {"optimizer": "momentum", "clipping": 1.0}, "character", CHINESE, "blocks"),
    "rnn-character-muon-lines": ({"family": "rnn", "embedding_size": 32, "tied": True}, {}, "character", FEW, "lines"),
    "lstm-subword-sampled-stream": ({}, {"loss": "sampled"}, "subword", CHINESE, "stream"),
    "lstm-word-resets-stream": ({"dropout": 0.1}, {"state_resets": 0.2}, "word", ENGLISH, "stream"),
    "lstm-word-answers-lines": ({"dropout": 0.1}, {"loss_on": "answer"}, "word", PAIRS, "lines"),
    "gru-subword-answers-lines": ({"family": "gru"}, {"loss_on": "answer", "optimizer": "adam"}, "subword", PAIRS, "lines"),
    "transformer-character-muon-stream": ({"family": "transformer", "window": 8, "layers": 2}, {}, "character", ENGLISH, "stream"),
    "transformer-subword-adamw-lines": (
        {"family": "transformer", "heads": 2, "dropout": 0.1, "positions": False, "embedding_size": 32, "tied": True},
        {"optimizer": "adamw"}, "subword", ENGLISH, "lines",
    ),
    "lstm-word-sampled-blocks": ({}, {"loss": "sampled"}, "word", ENGLISH, "blocks"),
}  # fmt: skip


def a_config(model, training, tokenizer) -> RunConfig:
    sizes = {"embedding_size": 24, "hidden_size": 32, **model}
    rules = {"stop": "steps", "stop_after": float(STEPS), "batch_size": 8, "sequence_length": 16, "precision": "float32", "regularisation": "as_set"}  # fmt: skip
    return RunConfig(TokenizerConfig(tokenizer, 600), ModelConfig(**sizes), TrainingConfig(**rules, **training))


@pytest.fixture(scope="module")
def exported(tmp_path_factory, forker):
    """{case: (folder of its program, the opened run)}: all are trained, exported, and run in one process that knows no lmcore."""
    store, found = Store(tmp_path_factory.mktemp("data")), {}
    for case, (model, training, tokenizer, content, kind) in CASES.items():
        text = store.add_text(owner="anna", name="My “text”\n# .txt", content=content, kind=kind, encoding="utf-8")
        context = content.split("\n")[0][:20]
        config = a_config(model, training, tokenizer)
        run = store.add_run(owner="anna", text_id=text.id, name='"""first\nrun', config=config, pinned_context=context)
        assert forker.work(store.folder, run.id) == 0
        run = open_run(RunFolder.of(store.folder, run.id).path)
        folder = tmp_path_factory.mktemp(case)
        for name, part in script.files(run, "zh" if len(found) % 2 else "en", with_text=True).items():
            (folder / name).write_bytes(part)
        found[case] = folder, run
    folders = [str(folder) for folder, _ in found.values()]
    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN_ALL, *folders], env=environment, cwd=folders[0], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_program_has_the_losses_of_the_run_bit_for_bit(exported, case):
    folder, run = exported[case]
    losses = [float(line) for line in (folder / "losses.csv").read_text().split()]
    assert len(losses) == STEPS and losses == run.steps.loss.tolist()


@pytest.mark.parametrize("case", CASES)
def test_the_program_asks_as_the_app_does(exported, case):
    folder, run = exported[case]
    said = (folder / "said.txt").read_text(encoding="utf-8").splitlines()
    context = run.row.pinned_context
    perplexity = float(said[-1].partition("perplexity ")[2].partition(":")[0])
    assert perplexity == pytest.approx(run.trained(STEPS).score(context).perplexity, rel=2e-3)
    last = next(line for line in reversed(said) if line.startswith("step"))
    if run.data.has_validation:  # in lanes there, in one go here: what a lane is primed with differs
        assert float(last.split()[-2]) == pytest.approx(run.evaluations[-1].loss, rel=0.01)
    else:
        assert "validation" not in last


@pytest.mark.parametrize("case", CASES)
def test_the_program_is_short_and_has_only_what_its_run_uses(exported, case):
    folder, run = exported[case]
    code = (folder / "train.py").read_text(encoding="utf-8")
    assert sum(bool(line.strip()) for line in code.splitlines()) <= (265 if run.config.model.family == "transformer" else 210)
    assert "lmcore" not in code and "{{" not in code and "{%" not in code
    imported = {
        alias.name.split(".")[0] for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import) for alias in node.names
    }
    tokenizer = run.config.tokenizer.level
    chinese = any("\u4e00" <= character <= "\u9fff" for character in run.corpus.text)
    extra = {"character": set(), "word": {"regex"} | ({"rjieba"} if chinese else set()), "subword": set()}[tokenizer]
    assert imported - set(sys.stdlib_module_names) == {"numpy", "torch"} | extra
    assert ("class Muon" in code) == (run.config.training.optimizer == "muon")


def test_the_program_without_its_text_says_which_it_needs(exported, tmp_path):
    run = exported["lstm-character-muon-stream"][1]
    files = script.files(run, with_text=False)
    assert set(files) == {"train.py"}
    (tmp_path / "train.py").write_bytes(files["train.py"])
    done = subprocess.run([sys.executable, "-I", str(tmp_path / "train.py")], capture_output=True, text=True)
    assert done.returncode == 1 and "as text.txt: My “text” # .txt, " in done.stderr and "Traceback" not in done.stderr


def test_the_notebook_runs_from_start_to_end_and_has_the_same_losses(exported, tmp_path):
    run = exported["lstm-word-resets-stream"][1]
    content = notebook.notebook(run, "en", with_text=True)
    assert content == notebook.notebook(run, "en", with_text=True)
    book = nbformat.reads(content.decode(), as_version=4)
    assert book.cells[0].source.startswith('## A language model in plain PyTorch: """first run')
    for cell in book.cells:
        cell.source = cell.source.replace("%pip install", "# %pip install")  # no test needs the network
    book.cells.append(nbformat.v4.new_code_cell("import json; print(json.dumps(curve))"))
    nbclient.NotebookClient(
        book, kernel_name="python3", iopub_timeout=60, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert json.loads(outputs[-1]["text"]) == run.steps.loss.tolist()
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_the_notebook_without_its_text_holds_no_line_of_it(exported):
    run = exported["lstm-word-resets-stream"][1]
    book = nbformat.reads(notebook.notebook(run, "zh", with_text=False).decode(), as_version=4)
    assert "text.txt" not in "".join(cell.source for cell in book.cells[:4]) and "vocabulary.json" in book.cells[2].source


def test_a_run_that_cannot_be_exported_says_why(tmp_path, forker):
    store = Store(tmp_path)
    text = store.add_text(owner="anna", name="text", content=ENGLISH, kind="stream", encoding="utf-8")
    config = a_config({}, {}, "character").with_training(stop_after=3.0)
    run = store.add_run(owner="anna", text_id=text.id, name="run", config=config, pinned_context="The")
    opened = open_run(RunFolder.of(store.folder, run.id).path)
    with pytest.raises(CheckpointMissing):
        script.script(opened)
    assert forker.work(store.folder, run.id) == 0
    data_folder.text_path(store.folder, text.sha256).unlink()
    with pytest.raises(TextMissing):
        script.script(opened)
