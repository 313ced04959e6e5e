"""Tells stories from plots: facts that belong together, a cast, and sentences in several wordings. The plots of each language are
in `fables_en` and `fables_zh`.

A plot writes {role} for what the cast plays, and [one|another|] for wordings that are equally likely.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

CHOICE = re.compile(r"\[([^\[\]]*)\]")  # the innermost one


@dataclass(frozen=True)
class Plot:
    """cast: role -> the animals that can play it, each in one role a story. facts: one row of them holds throughout a story, and
    a role named there is given. text: a line a sentence; a line whose wording is empty is left out.
    """

    cast: dict[str, str]
    text: str
    facts: Sequence[dict[str, str]] = ({},)

    def roles(self, numbers: random.Random) -> dict[str, str]:
        """A row of facts, and who plays what."""
        roles = dict(numbers.choice(self.facts))
        for role, animals in self.cast.items():
            if role not in roles:
                roles[role] = numbers.choice([animal for animal in animals.split() if animal not in roles.values()])
        return roles


def fill(text: str, roles: dict[str, str], numbers: random.Random) -> str:
    """Roles, which may be written with roles and wordings themselves, then wordings from the inside out, then spaces
    that a left-out word leaves.

    >>> fill("Tom [saw {one}|met {one}].", {"one": "a [red|] {animal}", "animal": "fox"}, random.Random(1))
    'Tom met a red fox.'
    """
    while "{" in text:
        text = text.format_map(roles)
    while "[" in text:
        text = CHOICE.sub(lambda match: numbers.choice(match.group(1).split("|")), text)
    return "\n".join(" ".join(line.split()) for line in text.split("\n") if line)


def handwritten(file: str) -> list[str]:
    """The stories of a file of this package, a blank line between them."""
    return resources.files("sample_corpora").joinpath(file).read_text(encoding="utf-8").strip().split("\n\n")


def collection(first: list[str], tell: Callable[[random.Random], str], count: int, seed: int) -> str:
    """These stories and `count` told ones, all different, a blank line between them; the same seed tells the same ones."""
    numbers = random.Random(seed)
    stories = dict.fromkeys(first)  # keeps their order
    while len(stories) < len(first) + count:
        stories[tell(numbers)] = None
    return "\n\n".join(stories) + "\n"
