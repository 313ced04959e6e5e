"""Writes reviews of one or two clauses with their sentiment: negation, degrees, contrast. The words of each language are in
`reviews_en` and `reviews_zh`.

The clause that a reviewer ends on decides: the one after "but", the main clause beside "although".
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from sample_corpora.tasks.task_corpus import Lines, Pair

LINES, HELD_OUT, SEED = 4_000, 200, 1


@dataclass(frozen=True)
class Clause:
    """What is said of one thing. good: the sentiment of the clause, its negation considered."""

    text: str
    noun: str
    head: str  # a degree or a negation
    adjective: str
    negated: bool
    good: bool


@dataclass(frozen=True)
class Reviews:
    """The words of a language. settings: of each place its nouns, each with "adjectives that praise | adjectives that complain".

    held_out_pairs: (noun, adjective) that training never joins. never_negated: adjectives that training never negates.
    """

    settings: Sequence[dict[str, str]]
    degrees: Sequence[str]
    negations: Sequence[str]
    clause: str  # with {noun}, {head} (a degree or a negation) and {adjective}
    known_negations: Sequence[str]  # those whose words the openers have too
    openers: Sequence[str]  # say nothing about sentiment; some have a negation word
    think: str
    do_not_think: str
    both: str  # with {0} and {1}, of the same sentiment
    contrasts: Sequence[tuple[str, int]]  # with {0} and {1}, and which of them decides
    answers: tuple[str, str]  # of a complaint, of praise
    held_out_pairs: frozenset[tuple[str, str]]
    never_negated: frozenset[str]
    gap: str = field(default=" ", kw_only=True)  # between an opener and what follows

    @cached_property
    def clauses(self) -> list[list[Clause]]:
        """Every clause, by setting."""
        return [[clause for noun, words in setting.items() for clause in self._of(noun, words)] for setting in self.settings]

    def _of(self, noun: str, words: str) -> list[Clause]:
        praise, complaint = (part.split() for part in words.split("|"))
        heads = [(head, False) for head in self.degrees] + [(head, True) for head in self.negations]
        return [
            Clause(
                self.clause.format(noun=noun, head=head, adjective=adjective), noun, head, adjective, negated, good is not negated
            )
            for good, adjectives in ((True, praise), (False, complaint))
            for adjective, (head, negated) in product(adjectives, heads)
        ]

    @cached_property
    def sentiment(self) -> dict[str, bool]:
        """Clause -> whether it praises, those behind "I think" and "I do not think" too."""
        said = {clause.text: clause.good for clauses in self.clauses for clause in clauses}
        return (
            said
            | {self.think + text: good for text, good in said.items()}
            | {self.do_not_think + text: not good for text, good in said.items()}
        )

    def true_answer(self, prompt: str) -> str | None:
        """Return the sentiment of a review, None where it is not of the grammar."""
        for opener in self.openers:
            prompt = prompt.removeprefix(opener + self.gap)
        good = self._good(prompt)
        return None if good is None else self.answers[good]

    def _good(self, text: str) -> bool | None:
        if text in self.sentiment:
            return self.sentiment[text]
        for contrast, deciding in self.contrasts:
            if parts := _parts(text, contrast):
                sides = [self._good(part) for part in parts]
                return None if None in sides else sides[deciding]
        if parts := _parts(text, self.both):
            first, second = map(self._good, parts)
            return first if first == second else None
        return None

    @cached_property
    def held_out_negations(self) -> set[tuple[str, str]]:
        """(negation, adjective): of each adjective that is negated, one negation is held out."""
        adjectives = sorted({clause.adjective for clauses in self.clauses for clause in clauses} - self.never_negated)
        return {(self.negations[index % len(self.negations)], adjective) for index, adjective in enumerate(adjectives)}

    def lines(self, negation: bool = True) -> Lines:
        """Return the lines. negation: whether the clauses of the training pairs may be negated."""
        numbers = random.Random(SEED)

        def where(wanted: Callable[[Clause], bool]) -> list[list[Clause]]:
            return [[clause for clause in clauses if wanted(clause)] for clauses in self.clauses]

        def known(clause: Clause) -> bool:  # as a pair of noun and adjective
            return (clause.noun, clause.adjective) not in self.held_out_pairs

        def held_out_negation(clause: Clause) -> bool:
            return (clause.head, clause.adjective) in self.held_out_negations

        def never_negated(clause: Clause) -> bool:
            return clause.negated and clause.adjective in self.never_negated

        def taught(clause: Clause) -> bool:
            return known(clause) and not held_out_negation(clause) and not never_negated(clause)

        plain = where(lambda clause: known(clause) and not clause.negated)
        if not negation:
            new = where(lambda clause: not known(clause) and not clause.negated)
            asked = where(lambda clause: clause.head in self.known_negations and known(clause) and not taught(clause))
            return Lines(
                training=self._pairs(numbers, LINES, plain, plain),
                held_out={"combinations": self._pairs(numbers, HELD_OUT, new, plain)},
                experiments={"negation_unseen": self._pairs(numbers, HELD_OUT, asked, plain)},
            )
        new = where(lambda clause: not known(clause) and not held_out_negation(clause) and not never_negated(clause))
        negated = where(lambda clause: known(clause) and held_out_negation(clause))
        never = where(lambda clause: known(clause) and never_negated(clause))
        usual = where(taught)
        return Lines(
            training=self._pairs(numbers, LINES, usual, usual),
            held_out={
                "combinations": self._pairs(numbers, HELD_OUT, new, usual),
                "negations": self._pairs(numbers, HELD_OUT, negated, usual),
            },
            experiments={
                "negation_moved": self._distinct(numbers, HELD_OUT, lambda: self._moved(numbers, numbers.choice(plain))),
                "never_negated": self._pairs(numbers, HELD_OUT, never, usual),
                "longer": self._distinct(numbers, HELD_OUT, lambda: self._long(numbers, numbers.choice(usual))),
            },
        )

    def _pairs(
        self, numbers: random.Random, count: int, deciding: Sequence[list[Clause]], other: Sequence[list[Clause]]
    ) -> list[Pair]:
        """Return distinct reviews whose deciding clause comes from `deciding`."""

        def draw() -> str:
            place = numbers.choice([place for place, clauses in enumerate(deciding) if clauses])
            return self._review(numbers, deciding[place], other[place])

        return self._distinct(numbers, count, draw)

    def _distinct(self, numbers: random.Random, count: int, draw: Callable[[], str]) -> list[Pair]:
        found: dict[str, str] = {}
        while len(found) < count:
            review = draw()
            answer = self.true_answer(review)
            assert answer is not None, review
            found[review] = answer
        return list(found.items())

    def _review(self, numbers: random.Random, deciding: list[Clause], other: list[Clause]) -> str:
        # Sentiment first, by a fair coin: nouns have unequal numbers of adjectives.
        good = numbers.random() < 0.5
        main = numbers.choice([clause for clause in deciding if clause.good is good] or deciding)
        beside = [clause for clause in other if clause.noun != main.noun]
        form = numbers.choice(["one", "one", "both", "contrast", "contrast"])
        if form == "one":
            review = numbers.choice(["", "", self.think]) + main.text
        elif form == "both":
            second = numbers.choice([clause for clause in beside if clause.good is main.good])
            review = self.both.format(*numbers.sample([main.text, second.text], 2))
        else:
            second = numbers.choice([clause for clause in beside if clause.good is not main.good])
            contrast, place = numbers.choice(self.contrasts)
            review = contrast.format(*([main.text, second.text] if place == 0 else [second.text, main.text]))
        return numbers.choice(["", "", *(opener + self.gap for opener in self.openers)]) + review

    def _moved(self, numbers: random.Random, clauses: list[Clause]) -> str:
        opener = numbers.choice(["", "", *(opener + self.gap for opener in self.openers)])
        return opener + self.do_not_think + numbers.choice(clauses).text

    def _long(self, numbers: random.Random, clauses: list[Clause]) -> str:
        """Two clauses against two."""
        good = numbers.random() < 0.5
        nouns = numbers.sample(sorted({clause.noun for clause in clauses}), 4)
        texts = [
            numbers.choice([clause for clause in clauses if clause.noun == noun and clause.good is wanted]).text
            for noun, wanted in zip(nouns, (good, good, not good, not good), strict=True)
        ]
        contrast, _deciding = numbers.choice(self.contrasts)
        return contrast.format(self.both.format(*texts[:2]), self.both.format(*texts[2:]))


def _parts(text: str, pattern: str) -> tuple[str, str] | None:
    """Return what stands at {0} and {1} of a pattern.

    >>> _parts("a but b", "{0} but {1}"), _parts("a and b", "{0} but {1}")
    (('a', 'b'), None)
    """
    before, between = pattern.split("{0}")[0], pattern.split("{0}")[1].split("{1}")[0]
    if not text.startswith(before) or text.count(between) != 1:
        return None
    first, second = text.removeprefix(before).split(between)
    return first, second
