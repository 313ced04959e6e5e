"""Translation, summary, sentiment and questions, trained by default settings and scored on what was held out.

`python benchmarks/applications.py` takes each corpus of `sample_corpora.tasks`, `--only reviews-en` some of them, `--file reviews.csv` any
table of two columns instead; `--curve` adds accuracy against training lines. Medians of the seeds, on prompts never trained on, asked of the
network of the lowest validation loss, as on the page. `--steps` trains a number of steps: a second of a busy machine is worth fewer.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common import as_a_worker, median, report

if TYPE_CHECKING:
    from lmcore.tasks import Task


@dataclass(frozen=True)
class Measured:
    """A task and how it is to be trained."""

    name: str
    task: "Task"
    held_out: dict  # by what is new in them: pairs
    tokenizer: str
    loss_on: str
    seconds: int
    of_rules: bool  # a corpus of the app's own


def corpora(only: list[str]) -> list[Measured]:
    """Return the shipped corpora, each with its groups of held-out pairs and its experiments."""
    from lmcore.tasks import Task
    from sample_corpora.tasks import TASKS

    found = []
    for corpus in TASKS.values():
        if not only or corpus.id in only:
            task = Task("=>", tuple(corpus.training()), tuple(corpus.held_out()))
            experiments = {f"({name})": pairs for name, pairs in corpus.experiments().items()}
            groups = {**corpus.held_out_groups(), **experiments}
            found.append(Measured(corpus.id, task, groups, corpus.tokenizer, corpus.loss_on, corpus.seconds, True))
    return found


def from_file(path: Path, tokenizer: str, seconds: int) -> Measured:
    """Return the task of a table."""
    from lmcore.tasks import Task, read_table
    from lmcore.text.decoding import decode

    table = read_table(decode(path.read_bytes(), name=path.name).text)
    task = Task.from_pairs(table.pairs())
    print(f"{path.name}: {task.cleaning}; {len(task.training)} training, {len(task.held_out)} held out; labels {task.labels}")
    return Measured(path.name, task, {"held out": list(task.held_out)}, tokenizer, "answer", seconds, False)


def train_and_score(measured: Measured, loss_on: str, seed: int, steps: int | None) -> tuple[dict, float, float]:
    """Return ({group: share right}, seconds of training, of the slowest score): seconds of the processor."""
    from lmcore import Corpus, train
    from lmcore.presets import of_rules, preset
    from lmcore.tasks import score

    task = measured.task
    if measured.of_rules:
        config = of_rules(measured.seconds, measured.tokenizer, loss_on)
    else:
        config = preset(measured.seconds, measured.tokenizer).with_training(loss_on=loss_on)
    if steps:
        config = config.with_training(stop="steps", stop_after=float(steps))
    began = time.process_time()
    model = train(Corpus.from_text(task.text, "lines"), config.with_training(seed=seed))
    took, shares, scoring = time.process_time() - began, {}, 0.0
    for name, pairs in measured.held_out.items():
        began = time.process_time()
        shares[name] = score(model, pairs, seed=seed, labels=task.labels, separator=task.separator).share
        scoring = max(scoring, time.process_time() - began)
    print(f"{measured.name}, seed {seed}: {shares}, step {model.step}, {took:.1f} s", flush=True)
    return shares, took, scoring


def rows_of(measured: Measured, loss_on: str, seeds: int, steps: int | None) -> list[dict]:
    """Return a row a group of held-out pairs."""
    from lmcore.tasks import baseline_scores

    found = [train_and_score(measured, loss_on, seed, steps) for seed in range(1, seeds + 1)]
    rows = []
    for group, pairs in measured.held_out.items():
        shares = sorted(shares[group] for shares, *_ in found)
        baselines = baseline_scores(measured.task, pairs)
        rows.append(
            {
                "corpus": measured.name,
                "held out": group,
                "tokens": measured.tokenizer,
                "loss on": loss_on,
                "seconds": round(median([took for _, took, _ in found]), 1),
                "right": round(median(shares), 3),
                "least": round(shares[0], 3),
                "scoring 200, s": round(median([scoring for *_, scoring in found]), 2),
                "baselines": ", ".join(f"{name} {score.share:.2f}" for name, score in baselines.items()),
            }
        )
        print(rows[-1], flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="ids of corpora")
    parser.add_argument("--file", type=Path, help="a table of two columns instead")
    parser.add_argument("--tokens", default="word", choices=("character", "word", "subword"), help="of a file")
    parser.add_argument("--seconds", type=int, help="of training; those of the corpus, for a file 20, where it is not given")
    parser.add_argument("--steps", type=int, help="of training, instead of seconds")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--loss-on", choices=("all", "answer"), help="as the corpus says where it is not given")
    parser.add_argument("--curve", action="store_true", help="accuracy against training lines, of each way to tell classes apart")
    options = parser.parse_args()
    as_a_worker()
    chosen = [from_file(options.file, options.tokens, options.seconds or 20)] if options.file else corpora(options.only)
    rows = []
    for measured in chosen:
        if options.seconds:
            measured = Measured(**{**vars(measured), "seconds": options.seconds})
        if options.curve:
            rows += curve(measured, options.seeds)
        else:
            rows += rows_of(measured, options.loss_on or measured.loss_on, options.seeds, options.steps)
    report("applications", rows, f"medians of {options.seeds} seeds, 200 prompts each")


def curve(measured: Measured, seeds: int) -> list[dict]:
    """Return a row a number of training lines."""
    from lmcore.tasks import METHODS, learning_curve

    points = [point for seed in range(1, seeds + 1) for point in learning_curve(measured.task, seed=seed)]
    return [
        {"corpus": measured.name, "lines": lines}
        | {
            method: round(median([p.score.share for p in points if (p.lines, p.method) == (lines, method)]), 3)
            for method in METHODS
        }
        for lines in sorted({point.lines for point in points})
    ]


if __name__ == "__main__":
    main()
