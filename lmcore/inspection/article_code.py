"""A short PyTorch program as an article might print it, with four faults that can be mended one by one, and what each of its lines holds.

`program` gives its lines, `run` carries them out; a page has that done in a process of its own, `runs.article_process`. Comments are keys,
which the page says in the visitor's language.
"""

import ast
import math
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import FrameType
from typing import TypeAlias

from torch import Tensor, nn

FAULTS = ("names", "axes", "loss", "detached")  # in the order in which one meets them
LANES, STEPS, EMBEDDING, HIDDEN, EPOCHS = 8, 12, 32, 64, 3
BATCHES, FEW_BATCHES, LARGE = 60, 15, 4_000  # of an epoch; fewer where the vocabulary is large
NUMBERS = 4  # shown of a tensor
FILE, IDS = "article.py", "ids.json"

Trace: TypeAlias = Callable[[FrameType, str, object], "Trace | None"]  # as `sys.settrace` takes it


@dataclass(frozen=True)
class Line:
    """A line of the program."""

    code: str
    comment: str = ""  # key of the comment on it; a line without code has nothing else
    mends: str = ""  # the fault that it mends


@dataclass(frozen=True)
class Value:
    """What a name holds after its line was carried out for the first time."""

    name: str
    shape: list[int] | None = None  # of a tensor
    numbers: list[float] | None = None  # its first ones, or a single one
    count: int | None = None  # the parameters of a model, the elements of a list


@dataclass(frozen=True)
class Outcome:
    """values: line number -> what it gave. losses: of each step, nats per token. error: (class, message, line number), or None."""

    values: dict[int, list[Value]]
    losses: list[float]
    error: tuple[str, str, int] | None

    def to_json(self) -> dict:
        """Return the values as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: dict) -> "Outcome":
        """Return what `to_json` wrote."""
        values = {int(line): [Value(**value) for value in found] for line, found in written["values"].items()}
        return cls(values, written["losses"], tuple(written["error"]) if written["error"] else None)


def sizes(vocabulary_size: int, *, square: bool = False) -> tuple[int, int]:
    """Return (lanes, tokens of a step): neither is the other nor the vocabulary, or wrong axes would not be noticed. square: both alike."""
    steps = STEPS if vocabulary_size != STEPS else STEPS + 1
    return (steps if square else LANES), steps


def tokens_read(vocabulary_size: int, *, square: bool = False) -> int:
    """Return how many ids the program reads."""
    lanes, steps = sizes(vocabulary_size, square=square)
    return lanes * steps * (BATCHES if vocabulary_size <= LARGE else FEW_BATCHES) + 1


def program(vocabulary_size: int, mended: frozenset[str] | set[str] = frozenset(), *, square: bool = False) -> list[Line]:
    """Return the lines, with those faults mended. Without any they are as printed.

    >>> [line.code for line in program(47, {"axes"}) if line.mends and line.code.strip()]
    ['        self.rnn = nn.RNN(embed_size, hidden_size, batch_first=True)']
    """
    lanes, steps = sizes(vocabulary_size, square=square)
    names = [
        Line(f"vocab_size, embed_size, hidden_size = {vocabulary_size}, {EMBEDDING}, {HIDDEN}"),
        Line(f'epochs, device = {EPOCHS}, "cpu"'),
        Line("", "ids"),
        Line(f'ids = torch.tensor(json.load(open("{IDS}")))'),
        Line(f"length = (len(ids) - 1) // {lanes}"),
        Line(f"texts = ids[: {lanes} * length].view({lanes}, length).split({steps}, 1)"),
        Line(f"later = ids[1 : {lanes} * length + 1].view({lanes}, length).split({steps}, 1)"),
        Line("loader = list(zip(texts, later))"),
        Line(f"hidden = torch.zeros(1, {lanes}, hidden_size)"),
        Line(""),
    ]
    return [
        *([Line("import json", mends="names"), Line("")] if "names" in mended else []),
        Line("import torch"),
        Line("from torch import nn"),
        Line(""),
        Line("class RNNModel(nn.Module):"),
        Line("    def __init__(self, vocab_size, embed_size, hidden_size):"),
        Line("        super().__init__()"),
        Line("        self.embedding = nn.Embedding(vocab_size, embed_size)"),
        *_one_of("axes", mended, "        self.rnn = nn.RNN(embed_size, hidden_size{})", "", ", batch_first=True"),
        Line("        self.linear = nn.Linear(hidden_size, vocab_size)"),
        Line(""),
        Line("    def forward(self, text, hidden):"),
        Line("        ", "inputs"),
        Line("        embedded = self.embedding(text)", "embedded"),
        Line("        states, hidden = self.rnn(embedded, hidden)"),
        Line("        output = self.linear(states)", "output"),
        Line("        return output, hidden"),
        Line(""),
        *([Line(line.code, line.comment, "names") for line in names] if "names" in mended else []),
        Line("model = RNNModel(vocab_size, embed_size, hidden_size).to(device)"),
        Line("criterion = nn.CrossEntropyLoss()"),
        Line("optimizer = torch.optim.Adam(model.parameters())"),
        Line(""),
        Line("for epoch in range(epochs):"),
        Line("    for text, labels in loader:"),
        Line("        text, labels = text.to(device), labels.to(device)"),
        *([Line("        ", "detached", "detached"), Line("        hidden = hidden.detach()", mends="detached")]
          if "detached" in mended else []),
        Line("        output, hidden = model(text, hidden)"),
        *_one_of("loss", mended, "        loss = criterion({})", "output, labels", "output.flatten(0, 1), labels.flatten()"),
        Line("        optimizer.zero_grad()"),
        Line("        loss.backward()", "backward"),
        Line("        optimizer.step()", "step"),
    ]  # fmt: skip


def _one_of(fault: str, mended: frozenset[str] | set[str], code: str, printed: str, right: str) -> list[Line]:
    """Return the line as printed, or mended below a comment of its own."""
    if fault not in mended:
        return [Line(code.format(printed))]
    return [Line(" " * (len(code) - len(code.lstrip())), fault, fault), Line(code.format(right), mends=fault)]


def next_fault(mended: frozenset[str] | set[str], *, square: bool = False) -> str | None:
    """Return the fault that stops the program; None where nothing does. With as many lanes as tokens, wrong axes are not noticed.

    >>> next_fault({"names", "loss"}), next_fault({"names", "loss"}, square=True), next_fault(set(FAULTS))
    ('axes', 'detached', None)
    """
    silent = {"axes"} if square else set()
    return next((fault for fault in FAULTS if fault not in mended | silent), None)


def run(lines: list[Line], ids_path: str = IDS) -> Outcome:
    """Carry the program out in this process, and watch each of its lines."""
    source = "\n".join(line.code for line in lines).replace(f'"{IDS}"', repr(ids_path))
    watcher = _Watcher(source)
    before = sys.gettrace()
    sys.settrace(watcher.enter)
    try:
        exec(compile(source, FILE, "exec"), {"__name__": FILE})
        error = None
    except Exception as raised:  # whatever it is, it is what the page shows
        numbers = [frame.lineno for frame in traceback.extract_tb(raised.__traceback__) if frame.filename == FILE]
        error = type(raised).__name__, str(raised).strip(), numbers[-1] or 0
    finally:
        sys.settrace(before)
    return Outcome(watcher.values, watcher.losses, error)


class _Watcher:
    """Notes what the names that a line assigns hold once it is over, and each loss before it is sent backward."""

    def __init__(self, source: str) -> None:
        self.assigned: dict[int, list[str]] = {}
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assign | ast.For):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                self.assigned[node.lineno] = [ast.unparse(part) for part in getattr(target, "elts", [target])]
        self.backward = {number for number, line in enumerate(source.split("\n"), 1) if line.strip() == "loss.backward()"}
        self.running: dict[FrameType, int] = {}  # the line that each function is at
        self.values: dict[int, list[Value]] = {}
        self.losses: list[float] = []

    def enter(self, frame: FrameType, event: str, argument: object) -> Trace | None:
        of_program = frame.f_code.co_filename == FILE and (frame.f_code.co_name == "<module>" or frame.f_code.co_name[0] != "<")
        return self.watch if of_program else None

    def watch(self, frame: FrameType, event: str, argument: object) -> Trace:
        if event == "exception":
            self.running.pop(frame, None)
        elif event in ("line", "return"):
            over = self.running.pop(frame, None)
            if over in self.assigned and over not in self.values:
                self.values[over] = [value for name in self.assigned[over] for value in _values(name, _held(name, frame))]
        if event == "line":
            self.running[frame] = frame.f_lineno
            if frame.f_lineno in self.backward:
                self.losses.append(frame.f_locals["loss"].item())
        return self.watch


def _held(name: str, frame: FrameType) -> object:
    return eval(name, frame.f_globals, frame.f_locals)  # a name or an attribute of our own program


def _values(name: str, held: object) -> list[Value]:
    if isinstance(held, Tensor):
        return [Value(name, list(held.shape), [_rounded(number) for number in held.detach().flatten()[:NUMBERS].tolist()])]
    if isinstance(held, nn.Module):
        own = list(held.named_parameters(recurse=False))
        if own:
            return [Value(f"{name}.{part}", list(weight.shape)) for part, weight in own if part.startswith("weight")]
        count = sum(weight.numel() for weight in held.parameters())
        return [Value(name, count=count)] if count else []
    if isinstance(held, int | float):
        return [Value(name, numbers=[held])]
    return [Value(name, count=len(held))] if isinstance(held, list | tuple) else []


def _rounded(number: float) -> float:
    return float(f"{number:.3g}") if math.isfinite(number) and isinstance(number, float) else number
