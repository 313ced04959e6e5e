"""Seconds to a loss, one thread: the fast recipe against recipes that everybody knows: `python benchmarks/time_to_loss.py`.

Characters: Python's help text; rivals are a plain char-rnn and the article's loop. Words: the docstrings of the standard library;
the rival is the classic example of a word model, one epoch. Text is cut 90/5/5. How many steps the fast recipe needs is found on
validation text, with other seeds than those measured; what is reported is the loss on test text. Only training is timed, in the
processor's seconds of its one thread: on a quiet machine, those of the clock.
"""

import argparse
import ast
import math
import re
import sysconfig
import time
import warnings
from collections import Counter
from pathlib import Path

from common import as_a_worker, in_turn, median, report

if __name__ == "__main__":
    as_a_worker()

import numpy as np
import torch
from torch import nn

from lmcore.config import ModelConfig, TrainingConfig
from lmcore.models import RNNModel, build_model
from lmcore.text.corpus import TokenData
from lmcore.training.batches import StreamBatches
from lmcore.training.evaluation import validation_nats
from lmcore.training.loop import TrainingState, take_step
from lmcore.training.losses import loss_over
from lmcore.training.optimizers import ITERATIONS
from lmcore.training.planning import fit_to_machine
from sample_corpora import fables_en, help_text

LADDER = (40, 60, 80, 100, 125, 160, 200, 250, 300, 350, 400, 450, 500, 560, 630, 800, 1000, 1250)  # steps
SETTINGS = ModelConfig(embedding_size=64, hidden_size=192), 64  # and batch, for characters
TRIED = (100, 101, 102)  # seeds: the steps wanted are those in which all of them reach the rival's loss
MARGIN = 0.02  # nats below the rival's, so that what is reached on validation text is reached on test text too


# the texts


class Splits:
    """Token ids cut 90/5/5; losses are measured after the end of the training text."""

    def __init__(self, tokens: list[str]):
        types = [token for token, _ in Counter(tokens).most_common()]
        number = {token: index for index, token in enumerate(types)}
        ids = np.array([number[token] for token in tokens], dtype=np.uint16)
        self.types, self.tokens = len(types), len(ids)
        self.train, self.validation, self.test = np.split(ids, [int(len(ids) * 0.9), int(len(ids) * 0.95)])

    def data(self, measured: np.ndarray) -> TokenData:
        return TokenData("stream", self.train, measured, len(measured), 0, self.train[-256:])

    def losses(self, network) -> tuple[float, float]:
        """(validation, test), nats per token."""
        return tuple(validation_nats(network, self.data(part))[0] / len(part) for part in (self.validation, self.test))


def docstrings() -> str:
    """Every docstring of the standard library."""
    library, found = Path(sysconfig.get_paths()["stdlib"]), []
    for path in sorted(library.rglob("*.py")):
        if "site-packages" in path.parts:
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):  # files that test the parser
            continue
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found += [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]
    return "\n\n".join(filter(None, found))


# the rivals


class Rival(RNNModel):
    """Torch's own layers as they begin, or every weight drawn from ±initial."""

    def __init__(self, types, embedding_size, hidden_size, layers, recurrent=nn.LSTM, dropout=0.0, initial=None):
        nn.Module.__init__(self)
        self.embedding = nn.Embedding(types, embedding_size)
        self.rnn = recurrent(embedding_size, hidden_size, layers, batch_first=True, dropout=dropout)
        self.linear = nn.Linear(hidden_size, types)
        self.dropout = nn.Dropout(dropout)
        self.state_tensors = 2 if recurrent is nn.LSTM else 1
        if initial:
            for weight in self.parameters():
                nn.init.uniform_(weight, -initial, initial)


class CharRnn(Rival):
    """A one-hot vector for each character: the embedding is the unit matrix and stays so."""

    def __init__(self, types, **sizes):
        super().__init__(types, types, **sizes)
        self.embedding = nn.Embedding.from_pretrained(torch.eye(types), freeze=True)


def plain_loop(network, optimizer, splits: Splits, batch_size: int, length: int, clip, until) -> float:
    """Batch by batch in float32, the state carried, until `until(steps, seconds)` -> seconds."""
    batches, hidden, steps, began = StreamBatches(splits.train, batch_size, length), None, 0, time.process_time()
    network.train()
    while not until(steps, time.process_time() - began):
        batch = batches.at(steps)
        output, hidden = network(torch.from_numpy(batch.inputs), hidden)
        loss = nn.functional.cross_entropy(output.flatten(0, 1), torch.from_numpy(batch.targets).flatten())
        optimizer.zero_grad()
        loss.backward()
        clip(network.parameters())
        optimizer.step()
        hidden = tuple(part.detach() for part in hidden) if isinstance(hidden, tuple) else hidden.detach()
        steps += 1
    return time.process_time() - began


def char_rnn(splits: Splits, seed: int, steps: int, learned: bool):
    torch.manual_seed(seed)
    if learned:
        network = Rival(splits.types, 128, hidden_size=128, layers=2)
    else:
        network = CharRnn(splits.types, hidden_size=128, layers=2, initial=0.08)
    optimizer = torch.optim.RMSprop([weight for weight in network.parameters() if weight.requires_grad], lr=0.002, alpha=0.95)
    clip = lambda weights: nn.utils.clip_grad_value_(weights, 5)  # noqa: E731
    return plain_loop(network, optimizer, splits, 50, 50, clip, lambda done, _: done >= steps), *splits.losses(network)


def article(splits: Splits, seed: int, seconds: float):
    torch.manual_seed(seed)
    network = Rival(splits.types, 64, hidden_size=128, layers=1, recurrent=nn.RNN)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    clip = lambda weights: None  # noqa: E731
    return plain_loop(network, optimizer, splits, 32, 32, clip, lambda _, spent: spent >= seconds), *splits.losses(network)


def classic_words(splits: Splits, seed: int):
    torch.manual_seed(seed)
    network = Rival(splits.types, 200, hidden_size=200, layers=2, dropout=0.2, initial=0.1)
    optimizer = torch.optim.SGD(network.parameters(), lr=20)
    clip = lambda weights: nn.utils.clip_grad_norm_(weights, 0.25)  # noqa: E731
    epoch = len(splits.train) // (20 * 35)
    return plain_loop(network, optimizer, splits, 20, 35, clip, lambda done, _: done >= epoch), *splits.losses(network)


# ours


def fast(splits: Splits, seed: int, steps: int, model: ModelConfig, batch_size: int, iterations: int | None = None):
    """Train the default recipe with a number of planned steps -> (seconds, validation loss, test loss).

    iterations: of Newton and Schulz in each step of Muon, where they are not the recipe's.
    """
    plan = {"stop": "steps", "stop_after": float(steps), "planned_steps": steps, "learning_rate": 0.03}
    config, _ = fit_to_machine(TrainingConfig(**plan, batch_size=batch_size, loss=loss_over(splits.types)))
    network = build_model(model, splits.types, seed)
    state = TrainingState(network, splits.data(splits.validation), config)
    state.optimizers[0].iterations = iterations or ITERATIONS
    network.train()
    began = time.process_time()
    while not state.finished:
        take_step(network, state)
    return time.process_time() - began, *splits.losses(network)


def contest(task: str, splits: Splits, rival: dict[str, list], repeats: int, model: ModelConfig, batch_size: int) -> list[dict]:
    """For each rival, the fewest planned steps whose validation loss is below the rival's, then measured with other seeds."""
    rows, needed = [], {}
    for name, results in rival.items():
        target = median(result[1] for result in results) - MARGIN
        reached = (steps for steps in LADDER if all(fast(splits, seed, steps, model, batch_size)[1] <= target for seed in TRIED))
        needed[name] = next(reached, LADDER[-1])
    ways = {name: lambda seed, steps=steps: fast(splits, seed + 1, steps, model, batch_size) for name, steps in needed.items()}
    for name, results in in_turn(repeats, **ways).items():
        theirs, ours = ([median(column) for column in zip(*found, strict=True)] for found in (rival[name], results))
        shown = math.exp if task == "words" else float
        rows.append(
            {
                "task": task,
                "rival": name,
                "its seconds": theirs[0],
                "its test " + ("perplexity" if task == "words" else "loss"): shown(theirs[2]),
                "fast recipe: steps": needed[name],
                "seconds": ours[0],
                "test " + ("perplexity" if task == "words" else "loss"): shown(ours[2]),
                "times as fast": theirs[0] / ours[0],
            }
        )
    return rows


def characters(repeats: int) -> list[dict]:
    splits = Splits(list(help_text.text()))
    found = in_turn(
        repeats,
        one_hot=lambda seed: char_rnn(splits, seed, 1600, learned=False),
        learned=lambda seed: char_rnn(splits, seed, 1600, learned=True),
    )
    seconds = median(result[0] for result in found["one_hot"])
    loops = in_turn(repeats, loop=lambda seed: article(splits, seed, seconds))["loop"]
    rival = {"char-rnn": found["one_hot"], "char-rnn, embedding learned": found["learned"], "the article's loop": loops}
    return contest("characters", splits, rival, repeats, *SETTINGS)


def alone(repeats: int, ladder: list[int]) -> list[dict]:
    """The fast recipe on the help text, without a rival: the losses it reaches with a number of planned steps."""
    splits = Splits(list(help_text.text()))
    ways = {str(steps): lambda seed, steps=steps: fast(splits, seed + 1, steps, *SETTINGS) for steps in ladder}
    rows = []
    for steps, results in in_turn(repeats, **ways).items():
        seconds, validation, test = (median(column) for column in zip(*results, strict=True))
        rows.append({"steps": int(steps), "seconds": seconds, "validation loss": f"{validation:.3f}", "test loss": f"{test:.3f}"})
    return rows


def orthogonalised(repeats: int, steps: int, ladder: list[int]) -> list[dict]:
    """The fast recipe on the help text with other numbers of iterations in Muon."""
    splits = Splits(list(help_text.text()))
    ways = {str(count): lambda seed, count=count: fast(splits, seed + 1, steps, *SETTINGS, iterations=count) for count in ladder}
    rows = []
    for count, results in in_turn(repeats, **ways).items():
        seconds, validation, test = (median(column) for column in zip(*results, strict=True))
        shown = {"validation loss": f"{validation:.3f}", "test loss": f"{test:.3f}"}
        rows.append({"iterations": int(count), "steps": steps, "seconds": seconds, **shown})
    return rows


def words(repeats: int) -> list[dict]:
    warnings.simplefilter("ignore", SyntaxWarning)  # of old code in the library's tests
    rows = []
    for name, text in (("fables", fables_en.text()), ("docstrings", docstrings())):
        splits = Splits(re.findall(r"\w+|[^\w\s]|\n", text))
        classic = in_turn(repeats, classic=lambda seed, splits=splits: classic_words(splits, seed))["classic"]
        rival = {f"classic word model, 1 epoch of {name} ({splits.types:,} types)": classic}
        rows += contest("words", splits, rival, repeats, ModelConfig(embedding_size=200, hidden_size=200, tied=True), 32)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    parser.add_argument("--task", choices=("characters", "words"), help="only this one")
    parser.add_argument(
        "--steps",
        type=int,
        nargs="+",
        help="no rival: the losses the fast recipe reaches on characters in these numbers of steps",
    )
    parser.add_argument("--iterations", type=int, nargs="+", help="no rival: 250 steps with other numbers of iterations in Muon")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.iterations:
        rows = orthogonalised(options.repeats, 250, options.iterations)
        report("time_to_loss_muon", rows, f"one thread, medians of {options.repeats}")
        return
    if options.steps:
        report("time_to_loss_alone", alone(options.repeats, options.steps), f"one thread, medians of {options.repeats}")
        return
    for task in (characters, words):
        if options.task in (None, task.__name__):
            report(f"time_to_loss_{task.__name__}", task(options.repeats), f"one thread, medians of {options.repeats}")


if __name__ == "__main__":
    main()
