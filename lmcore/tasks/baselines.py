"""What needs no language model: the most frequent answer, the nearest training line, a copy, the first words, a bag of words.

Each gives an answer to each prompt; `baseline_scores` scores them on the prompts on which a model is scored.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from lmcore.config import TokenizerConfig
from lmcore.inference.trained import TrainedModel
from lmcore.models import Counts, NgramModel
from lmcore.tasks.bag_of_words import BagOfWords
from lmcore.tasks.scoring import COUNT, Score, drawn, score, scored
from lmcore.tasks.task import Pair, Task
from lmcore.text.corpus import Corpus, encode
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import Tokenizer, build_tokenizer, suited_level
from lmcore.tokenizers.word import pieces

AT_ONCE = 64  # lines that are compared with a prompt in one pass
MOST_CELLS = 500_000  # of the tables of distances for each prompt: with all of its lines where they are short, with some where they are long
ORDER = 5
SELECTED = 0.8  # of the words of the answers stand in their prompts: they are summaries


def baseline_scores(
    task: Task,
    pairs: Sequence[Pair],
    count: int = COUNT,
    seed: int = 0,
    *,
    tokenizer: Tokenizer | None = None,
    on_progress: Callable[[float, str, Score], None] = lambda share, name, score: None,
) -> dict[str, Score]:
    """Return the score of each baseline that makes sense for a task, on the prompts that `scoring.score` draws from the same pairs.

    "majority", "nearest", "ngram" (a 5-gram of the tokens; of words where no tokenizer is given and words can be cut); for labels "logistic"; for summaries
    "copy" and "first_words". on_progress: called after each with the share that is done, its name and its score.
    """
    prompts, wanted = drawn(pairs, count, seed)

    def by_rule(given: Callable[[Sequence[Pair], Sequence[str]], list[str]]) -> Score:
        return scored(prompts, wanted, given(task.training, prompts), [1.0] * len(prompts))

    def by_counts() -> Score:
        counting = counting_model(task, tokenizer)
        return score(counting, pairs, count, seed, labels=task.labels, separator=task.separator)

    def by_words() -> Score:
        chances = BagOfWords.train(task.training, task.labels).log_probs(prompts)
        given = [task.labels[index] for index in chances.argmax(axis=1)]
        return scored(prompts, wanted, given, np.exp(chances.max(axis=1)).tolist())

    ways: dict[str, Callable[[], Score]] = {"majority": partial(by_rule, majority), "nearest": partial(by_rule, nearest)}
    if selects(task.training):
        ways |= {"copy": partial(by_rule, lambda training, asked: list(asked)), "first_words": partial(by_rule, first_words)}
    ways["ngram"] = by_counts
    if task.labels:
        ways["logistic"] = by_words
    found: dict[str, Score] = {}
    for name, way in ways.items():
        found[name] = way()
        on_progress(len(found) / len(ways), name, found[name])
    return found


def majority(training: Sequence[Pair], prompts: Sequence[str]) -> list[str]:
    """Return the most frequent answer for each prompt.

    >>> majority([("a", "yes"), ("b", "no"), ("c", "no")], ["d"])
    ['no']
    """
    return [Counter(answer for _, answer in training).most_common(1)[0][0]] * len(prompts)


def first_words(training: Sequence[Pair], prompts: Sequence[str]) -> list[str]:
    """Return the beginning of each prompt, as many words as an answer usually has.

    >>> first_words([("a b c d", "a b")], ["one two three"])
    ['one two']
    """
    length = round(float(np.median([len(pieces(answer)) for _, answer in training])))
    return [_until(prompt, pieces(prompt)[:length]) for prompt in prompts]


def nearest(training: Sequence[Pair], prompts: Sequence[str]) -> list[str]:
    """Return the answer of the training line whose prompt is nearest: the fewest words to be put in, left out or exchanged
    (Levenshtein, 1966); of equally near ones the first.

    Lines are compared in the order of what their words alone say, max(|a - b|, |b - a|), which is never more than the distance; those
    that cannot be nearer than the best are left out. Lines of ten words are all compared, of those of a hundred words the most similar
    fifty (MOST_CELLS).

    >>> nearest([("the tea was cold", "no"), ("the soup was good", "yes")], ["the soup was very good"])
    ['yes']
    """
    numbers: dict[str, int] = {}
    lines = [_numbered(prompt, numbers) for prompt, _ in training]
    lengths = np.array([len(line) for line in lines])
    standing: dict[int, list[tuple[int, int]]] = defaultdict(list)  # word -> (line, times)
    for index, line in enumerate(lines):
        for word, times in Counter(line.tolist()).items():
            standing[word].append((index, times))
    postings = {word: np.array(found) for word, found in standing.items()}
    return [training[_nearest(_numbered(prompt, numbers), lines, lengths, postings)][1] for prompt in prompts]


def distances(line: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """Return (N,) edit distances from one row of numbers to each of N others.

    >>> distances(np.array([1, 2, 3]), [np.array([1, 3]), np.array([1, 2, 3]), np.array([4, 4, 4, 4])]).tolist()
    [1, 0, 4]
    """
    lengths = np.array([len(other) for other in others])
    table = np.full((len(others), lengths.max(initial=0)), -1)
    for row, other in enumerate(others):
        table[row, : len(other)] = other
    columns = np.arange(table.shape[1] + 1)
    best = np.tile(columns, (len(others), 1))  # (N, M + 1) distances of the words so far to each beginning of the others
    for number, word in enumerate(line.tolist(), start=1):
        exchanged = np.minimum(best[:, :-1] + (table != word), best[:, 1:] + 1)
        best = np.concatenate([np.full((len(others), 1), number), exchanged], axis=1)
        best = np.minimum.accumulate(best - columns, axis=1) + columns  # one more put in, from left to right
    return best[np.arange(len(others)), lengths]


def counting_model(task: Task, tokenizer: Tokenizer | None = None, order: int = ORDER) -> TrainedModel:
    """Return a counting model of the training lines. tokenizer: None for one of words, or of characters where words cannot be cut."""
    corpus = Corpus.from_text(task.text, "lines", validation_share=0.0)
    tokenizer = tokenizer or build_tokenizer(TokenizerConfig(suited_level(corpus.train)), corpus.train)
    data = encode(corpus, tokenizer)
    model = NgramModel(Counts(TextIndex.of(data, tokenizer.vocabulary_size)), order)
    return TrainedModel.of(model, tokenizer, "lines", opening=data.opening)


def selects(training: Sequence[Pair]) -> bool:
    """Return whether answers of several words are mostly words of their prompts."""
    words = [(pieces(prompt), pieces(answer)) for prompt, answer in training[:1_000]]
    total = sum(len(answer) for _, answer in words)
    inside = sum(len([word for word in answer if word in set(prompt)]) for prompt, answer in words)
    return total > 1.5 * len(words) and inside >= SELECTED * total


def _nearest(line: np.ndarray, lines: Sequence[np.ndarray], lengths: np.ndarray, postings: dict[int, np.ndarray]) -> int:
    shared = np.zeros(len(lines), dtype=np.int64)
    for word, times in Counter(line.tolist()).items():
        if word in postings:
            indices, counts = postings[word].T
            shared[indices] += np.minimum(counts, times)
    least = np.maximum(len(line), lengths) - shared
    order = np.argsort(least, kind="stable")[: max(1, int(MOST_CELLS / (len(line) + 1) / lengths.mean()))]
    best, chosen = len(line) + int(lengths.max()) + 1, 0
    for begin in range(0, len(order), AT_ONCE):
        part = order[begin : begin + AT_ONCE]
        if least[part[0]] > best:
            break
        found = distances(line, [lines[index] for index in part])
        for index in np.flatnonzero(found <= min(best, found.min())):
            if found[index] < best or part[index] < chosen:
                best, chosen = int(found[index]), int(part[index])
    return chosen


def _numbered(prompt: str, numbers: dict[str, int]) -> np.ndarray:
    return np.array([numbers.setdefault(word, len(numbers)) for word in pieces(prompt.casefold())], dtype=np.int64)


def _until(text: str, words: Sequence[str]) -> str:
    """Return the beginning of a text that has these words, with their spaces."""
    end = 0
    for word in words:
        end = text.index(word, end) + len(word)
    return text[:end]
