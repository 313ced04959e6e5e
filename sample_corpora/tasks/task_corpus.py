"""What a task of one line is made of: prompts with their answers, what is held out, and what a model is expected to get wrong.

The generators are the modules beside this one; training on `TaskCorpus.text` and scoring need nothing from here.
"""

from collections.abc import Callable
from dataclasses import dataclass

MARKER = "=>"
Pair = tuple[str, str]  # (prompt, answer)


@dataclass(frozen=True)
class Lines:
    """What a generator makes. held_out and experiments: by name, see `TaskCorpus`."""

    training: list[Pair]
    held_out: dict[str, list[Pair]]
    experiments: dict[str, list[Pair]]


@dataclass(frozen=True)
class TaskCorpus:
    """A task as lines `prompt => answer`. titles, descriptions, held_out_rule: by language, "en" and "zh"."""

    id: str
    task: str  # translation, sentiment, answering or summary
    language: str  # of the prompts: en or zh
    titles: dict[str, str]
    descriptions: dict[str, str]
    held_out_rule: dict[str, str]
    lines: Callable[[], Lines]  # always the same; made once
    true_answer: Callable[[str], str | None]  # by the grammar; None where a prompt is not of the grammar
    tokenizer: str = "word"  # the kind that suits it: word or character
    loss_on: str = "all"  # tokens, or those of the answer alone
    seconds: int = 20  # of training by the app's own settings that are enough
    variant_of: str = ""  # the id of the corpus that differs in one thing alone, to be compared with

    def training(self) -> list[Pair]:
        """Return the (prompt, answer) pairs to train on."""
        return self.lines().training

    def held_out(self) -> list[Pair]:
        """Return the pairs to score on: each has a combination that stands nowhere in the training pairs."""
        return [pair for pairs in self.held_out_groups().values() for pair in pairs]

    def held_out_groups(self) -> dict[str, list[Pair]]:
        """Return the held-out pairs by what is new in them."""
        return self.lines().held_out

    def experiments(self) -> dict[str, list[Pair]]:
        """Return pairs that ask more than the training pairs taught, by what is asked."""
        return self.lines().experiments

    def text(self) -> str:
        """Return the training text, one pair a line."""
        return "".join(f"{prompt} {MARKER} {answer}\n" for prompt, answer in self.training())

    @property
    def kind(self) -> str:
        """Return the kind of the text: one pair a line."""
        return "lines"
