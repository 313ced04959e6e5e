"""A probabilistic automaton that writes sentences, and whose every probability is known: what a model should have learned.

In no state do two arrows carry the same word, so the words of a prefix lead to one state, and the true distribution of the next
word is that state's row. The automaton of this package is in `village`.
"""

import math
import random
from collections.abc import Iterator

import numpy as np

START, END = "start", "<end>"  # END is predicted like a word: a model trained on lines has its begin token there
Row = list[tuple[float, str, str]]  # (probability, word, next state)


class Automaton:
    """
    >>> rows = {START: [(1.0, "it", "it")], "it": [(0.75, "rains", "it rains"), (0.25, "snows", "it snows")]}
    >>> weather = Automaton(rows | {"it rains": [(1.0, END, END)], "it snows": [(1.0, END, END)]})
    >>> weather.next_word(["it"]), weather.next_word(["rains"])
    ({'rains': 0.75, 'snows': 0.25}, {})
    """

    def __init__(self, rows: dict[str, Row]):
        """rows: state -> its arrows; END leads to END, which has no row."""
        self.rows = rows
        self._arrows = {state: {word: (probability, after) for probability, word, after in row} for state, row in rows.items()}

    @property
    def vocabulary(self) -> list[str]:
        """The words, in alphabetical order, without END."""
        return sorted({word for row in self.rows.values() for _, word, _ in row} - {END})

    def next_word(self, prefix: list[str]) -> dict[str, float]:
        """The true P(word | prefix) of every word, or END, that can follow; empty where no sentence begins so."""
        state = START
        for word in prefix:
            _, state = self._arrows.get(state, {}).get(word, (0.0, END))
        return {word: probability for word, (probability, _) in self._arrows.get(state, {}).items()}

    def log_prob(self, words: list[str]) -> float:
        """log P(w_1 … w_T, END) in nats; -inf for what is no sentence of the grammar."""
        total, state = 0.0, START
        for word in [*words, END]:
            probability, state = self._arrows.get(state, {}).get(word, (0.0, END))
            if probability == 0.0:
                return -math.inf
            total += math.log(probability)
        return total

    def cross_entropy(self, lines: list[str]) -> float:
        """Nats per token that the truth itself needs on these lines (at least one), each word and each line's end counted once.

        No model can be expected to have a lower validation loss on them. inf if one of the lines is no sentence of the grammar.
        """
        sentences = [line.split() for line in lines]
        return -sum(map(self.log_prob, sentences)) / sum(len(words) + 1 for words in sentences)

    def entropy(self) -> float:
        """Entropy rate in nats per token: each state's entropy, weighted by how often a sentence visits that state.

        The expected visits n solve n = e_start + Pᵀn (Kemeny & Snell, Finite Markov Chains, 1960: the fundamental matrix).
        """
        states = list(self.rows)
        moves = np.zeros((len(states), len(states)))  # P: from a state to a state, END left out
        surprise = np.zeros(len(states))
        for index, state in enumerate(states):
            for probability, _, after in self.rows[state]:
                surprise[index] -= probability * math.log(probability)
                if after != END:
                    moves[index, states.index(after)] += probability
        visits = np.linalg.solve(np.eye(len(states)) - moves.T, np.array([float(state == START) for state in states]))
        return float(visits @ surprise / visits.sum())

    def sentences(self, seed: int) -> Iterator[str]:
        """Sentences without end; the same seed gives the same ones on every machine."""
        numbers = random.Random(seed)
        while True:
            words, state = [], START
            while state != END:
                row = self.rows[state]
                _, word, state = numbers.choices(row, [probability for probability, _, _ in row])[0]
                words.append(word)
            yield " ".join(words[:-1])
