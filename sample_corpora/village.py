"""The village: 8,000 sentences written by a small automaton, so that a model's probabilities can be held against the true ones.

The table below is all there is to know about this language. A state is named by what the rest of the sentence depends on: who
acts (a verb agrees with its subject across "near the cows"), and whether it is a day for indoors or outdoors.
"""

from functools import lru_cache
from itertools import islice

from sample_corpora.automaton import END, START, Automaton

SENTENCES = 8_000

# fmt: off
TABLE = {
    START: [(0.62, "the", "the"), (0.15, "in", "season"), (0.14, "when", "when"), (0.09, "it", "it")],

    # weather
    "it": [(0.65, "rains", "it rains"), (0.35, "snows", "it snows")],
    "it rains": [(0.70, "in", "it rains in"), (0.30, "every", "every")],
    "it rains in": [(0.60, "the", "it rains in the"), (0.25, "winter", "done"), (0.15, "summer", "done")],
    "it rains in the": [(0.40, "village", "habit"), (0.25, "forest", "habit"), (0.20, "evening", "done"),
                        (0.15, "morning", "done")],
    "it snows": [(0.75, "in", "it snows in"), (0.25, "every", "every cold")],
    "it snows in": [(0.65, "the", "it snows in the"), (0.35, "winter", "done")],
    "it snows in the": [(0.45, "village", "cold habit"), (0.30, "forest", "cold habit"), (0.25, "garden", "cold habit")],
    "cold habit": [(0.40, END, END), (0.60, "every", "every cold")],
    "every cold": [(0.70, "winter", "done"), (0.20, "morning", "done"), (0.10, "evening", "done")],

    # sentences that begin with the time: it decides where one is
    "season": [(0.35, "winter", "indoors"), (0.35, "summer", "outdoors"), (0.30, "the", "time of day")],
    "time of day": [(0.50, "morning", "outdoors"), (0.50, "evening", "indoors")],
    "when": [(1.00, "it", "when it")],
    "when it": [(0.70, "rains", "indoors"), (0.30, "snows", "indoors")],

    "indoors": [(1.00, "the", "indoors the")],
    "indoors the": [(0.20, "children", "indoors children"), (0.15, "dogs", "indoors dogs"), (0.12, "dog", "indoors one"),
                    (0.09, "girl", "indoors one"), (0.16, "cows", "indoors herd"), (0.11, "hens", "indoors herd"),
                    (0.17, "little", "indoors little")],
    "indoors little": [(0.35, "girl", "indoors one"), (0.25, "children", "indoors children"), (0.20, "dog", "indoors one"),
                       (0.20, "dogs", "indoors dogs")],
    "indoors children": [(0.50, "play", "at home"), (0.25, "sleep", "at home"), (0.25, "wait", "at home")],
    "indoors dogs": [(0.60, "sleep", "at home"), (0.25, "wait", "at home"), (0.15, "play", "at home")],
    "indoors one": [(0.60, "sleeps", "at home"), (0.40, "waits", "at home")],
    "indoors herd": [(0.65, "sleep", "at the barn"), (0.35, "wait", "at the barn")],
    "at home": [(0.80, "in", "the house"), (0.20, "near", "the house")],
    "the house": [(1.00, "the", "house or barn")],
    "house or barn": [(0.75, "house", "done"), (0.25, "barn", "done")],
    "at the barn": [(0.70, "in", "the barn"), (0.30, "near", "the barn")],
    "the barn": [(1.00, "the", "barn")],
    "barn": [(1.00, "barn", "done")],

    "outdoors": [(1.00, "the", "outdoors the")],
    "outdoors the": [(0.35, "children", "outdoors children"), (0.25, "dogs", "outdoors dogs"),
                     (0.17, "cows", "outdoors herd"), (0.10, "hens", "outdoors herd"), (0.13, "little", "outdoors little")],
    "outdoors little": [(0.60, "children", "outdoors children"), (0.40, "dogs", "outdoors dogs")],
    "outdoors children": [(0.40, "swim", "swim"), (0.40, "play", "outside"), (0.20, "eat", "outdoors eat")],
    "outdoors dogs": [(0.35, "swim", "swim"), (0.35, "play", "outside"), (0.30, "sleep", "outside")],
    "outdoors herd": [(0.40, "sleep", "outside"), (0.30, "wait", "outside"), (0.30, "eat", "outdoors apples")],
    "outdoors apples": [(1.00, "apples", "outside")],
    "outdoors eat": [(0.60, "apples", "outside"), (0.40, "bread", "outside")],
    "outside": [(0.55, "in", "outside in"), (0.45, "near", "outside near")],
    "outside in": [(1.00, "the", "outside in the")],
    "outside in the": [(0.45, "garden", "done"), (0.30, "forest", "done"), (0.25, "village", "done")],
    "outside near": [(1.00, "the", "outside near the")],
    "outside near the": [(0.50, "river", "done"), (0.30, "forest", "done"), (0.20, "barn", "done")],
    "swim": [(1.00, "in", "swim in")],
    "swim in": [(1.00, "the", "swim in the")],
    "swim in the": [(1.00, "river", "done")],

    # who
    "the": [(0.12, "old", "old"), (0.14, "little", "little"), (0.15, "farmer", "farmer"), (0.09, "baker", "baker"),
            (0.10, "girl", "girl"), (0.12, "children", "children"), (0.08, "dog", "dog"), (0.07, "dogs", "dogs"),
            (0.06, "cows", "cows"), (0.04, "hens", "hens"), (0.03, "fox", "fox")],
    "old": [(0.40, "farmer", "farmer"), (0.30, "baker", "baker"), (0.20, "dog", "dog"), (0.10, "fox", "fox")],
    "little": [(0.45, "girl", "girl"), (0.25, "children", "children"), (0.15, "dog", "dog"), (0.15, "dogs", "dogs")],

    # … and what they do: the state after "near the cows" still knows who it was
    "farmer": [(0.30, "near", "farmer near"), (0.28, "feeds", "feed"), (0.22, "sells", "farmer sells"),
               (0.12, "waits", "stay"), (0.08, "follows", "follow an animal")],
    "farmer near": [(1.00, "the", "farmer near the")],
    "farmer near the": [(0.35, "children", "farmer does"), (0.25, "barn", "farmer does"), (0.20, "baker", "farmer does"),
                        (0.20, "little", "farmer near the little")],
    "farmer near the little": [(0.60, "children", "farmer does"), (0.40, "girl", "farmer does")],
    "farmer does": [(0.40, "feeds", "feed"), (0.35, "sells", "farmer sells"), (0.25, "waits", "stay")],
    "farmer sells": [(0.50, "milk", "market"), (0.50, "apples", "market")],
    "baker": [(0.70, "sells", "baker sells"), (0.20, "waits", "stay"), (0.10, "feeds", "feed")],
    "baker sells": [(0.80, "bread", "market"), (0.20, "apples", "market")],
    "girl": [(0.30, "near", "girl near"), (0.25, "feeds", "feed"), (0.20, "waits", "stay"),
             (0.25, "follows", "follow an animal")],
    "girl near": [(1.00, "the", "girl near the")],
    "girl near the": [(0.35, "children", "girl does"), (0.20, "farmer", "girl does"), (0.15, "barn", "girl does"),
                      (0.30, "old", "girl near the old")],
    "girl near the old": [(0.50, "farmer", "girl does"), (0.30, "baker", "girl does"), (0.20, "barn", "girl does")],
    "girl does": [(0.40, "feeds", "feed"), (0.30, "waits", "stay"), (0.30, "follows", "follow an animal")],
    "children": [(0.30, "near", "children near"), (0.25, "play", "stay"), (0.15, "swim", "swim"), (0.15, "feed", "feed"),
                 (0.10, "eat", "eat"), (0.05, "follow", "follow an animal")],
    "children near": [(1.00, "the", "children near the")],
    "children near the": [(0.30, "farmer", "children do"), (0.20, "dog", "children do"), (0.20, "barn", "children do"),
                          (0.30, "old", "children near the old")],
    "children near the old": [(0.50, "farmer", "children do"), (0.25, "dog", "children do"), (0.25, "barn", "children do")],
    "children do": [(0.45, "play", "stay"), (0.25, "wait", "stay"), (0.30, "feed", "feed")],
    "dog": [(0.35, "near", "dog near"), (0.25, "sleeps", "rest"), (0.15, "waits", "rest"),
            (0.25, "follows", "follow someone")],
    "dog near": [(1.00, "the", "dog near the")],
    "dog near the": [(0.30, "cows", "dog does"), (0.20, "children", "dog does"), (0.20, "river", "dog does"),
                     (0.30, "little", "dog near the little")],
    "dog near the little": [(0.60, "children", "dog does"), (0.40, "girl", "dog does")],
    "dog does": [(0.50, "sleeps", "rest"), (0.30, "waits", "rest"), (0.20, "follows", "hunt")],
    "dogs": [(0.35, "near", "dogs near"), (0.20, "sleep", "rest"), (0.15, "wait", "rest"), (0.15, "play", "stay"),
             (0.15, "follow", "follow someone")],
    "dogs near": [(1.00, "the", "dogs near the")],
    "dogs near the": [(0.30, "girl", "dogs do"), (0.20, "farmer", "dogs do"), (0.20, "river", "dogs do"),
                      (0.30, "old", "dogs near the old")],
    "dogs near the old": [(0.60, "farmer", "dogs do"), (0.40, "baker", "dogs do")],
    "dogs do": [(0.45, "sleep", "rest"), (0.30, "wait", "rest"), (0.25, "follow", "hunt")],
    "cows": [(0.30, "near", "cows near"), (0.25, "sleep", "rest"), (0.20, "wait", "rest"), (0.15, "eat", "apples"),
             (0.10, "follow", "follow someone")],
    "cows near": [(1.00, "the", "cows near the")],
    "cows near the": [(0.40, "river", "cows do"), (0.30, "farmer", "cows do"), (0.30, "little", "cows near the little")],
    "cows near the little": [(0.50, "river", "cows do"), (0.30, "girl", "cows do"), (0.20, "children", "cows do")],
    "cows do": [(0.50, "sleep", "rest"), (0.30, "wait", "rest"), (0.20, "eat", "apples")],
    "hens": [(0.40, "sleep", "rest"), (0.35, "eat", "eat"), (0.25, "follow", "follow someone")],
    "fox": [(0.40, "follows", "fox follows"), (0.30, "waits", "fox waits"), (0.30, "sleeps", "fox sleeps")],
    "fox waits": [(1.00, "near", "rest near")],
    "fox sleeps": [(0.70, "in", "fox sleeps in"), (0.30, "near", "outside near")],
    "fox sleeps in": [(1.00, "the", "fox sleeps in the")],
    "fox sleeps in the": [(1.00, "forest", "habit")],

    # whom and what
    "feed": [(1.00, "the", "feed the")],
    "feed the": [(0.32, "hens", "after"), (0.28, "cows", "after"), (0.20, "dogs", "after"),
                 (0.20, "little", "feed the little")],
    "feed the little": [(0.60, "hens", "after"), (0.40, "dogs", "after")],
    "follow an animal": [(1.00, "the", "which animal")],
    "which animal": [(0.25, "dog", "after"), (0.25, "cows", "after"), (0.20, "hens", "after"), (0.10, "fox", "after"),
                     (0.20, "old", "which old animal")],
    "which old animal": [(0.65, "dog", "after"), (0.35, "fox", "after")],
    "follow someone": [(1.00, "the", "whom")],
    "whom": [(0.25, "farmer", "after"), (0.25, "girl", "after"), (0.20, "children", "after"), (0.10, "baker", "after"),
             (0.20, "old", "whom old")],
    "whom old": [(0.65, "farmer", "after"), (0.35, "baker", "after")],
    "fox follows": [(1.00, "the", "fox follows the")],
    "fox follows the": [(0.70, "hens", "after"), (0.30, "dogs", "after")],
    "hunt": [(1.00, "the", "hunt the")],
    "hunt the": [(0.60, "hens", "after"), (0.40, "fox", "after")],
    "apples": [(1.00, "apples", "after")],
    "eat": [(0.60, "apples", "after"), (0.40, "bread", "after")],

    # where and when
    "stay": [(0.60, "in", "stay in"), (0.40, "near", "stay near")],
    "stay in": [(1.00, "the", "stay in the")],
    "stay in the": [(0.50, "garden", "habit"), (0.30, "village", "habit"), (0.20, "house", "habit")],
    "stay near": [(1.00, "the", "stay near the")],
    "stay near the": [(0.50, "river", "habit"), (0.30, "forest", "habit"), (0.20, "garden", "habit")],
    "rest": [(0.55, "in", "rest in"), (0.35, "near", "rest near"), (0.10, "when", "at last when")],
    "rest in": [(1.00, "the", "rest in the")],
    "rest in the": [(0.45, "barn", "habit"), (0.30, "garden", "habit"), (0.15, "forest", "habit"), (0.10, "evening", "done")],
    "rest near": [(1.00, "the", "rest near the")],
    "rest near the": [(0.60, "barn", "habit"), (0.40, "forest", "habit")],
    "market": [(0.60, "in", "market in"), (0.30, "every", "every"), (0.10, END, END)],
    "market in": [(0.75, "the", "market in the"), (0.15, "summer", "done"), (0.10, "winter", "done")],
    "market in the": [(0.80, "village", "habit"), (0.20, "morning", "done")],
    "habit": [(0.45, END, END), (0.55, "every", "every")],
    "after": [(0.20, END, END), (0.35, "every", "every"), (0.30, "in", "after in"), (0.15, "when", "at last when")],
    "after in": [(0.70, "the", "after in the"), (0.15, "winter", "done"), (0.15, "summer", "done")],
    "after in the": [(0.40, "garden", "done"), (0.35, "morning", "done"), (0.25, "evening", "done")],
    "every": [(0.40, "morning", "done"), (0.30, "evening", "done"), (0.20, "summer", "done"), (0.10, "winter", "done")],
    "at last when": [(1.00, "it", "at last when it")],
    "at last when it": [(0.60, "rains", "done"), (0.40, "snows", "done")],
    "done": [(1.00, END, END)],
}
# fmt: on

GRAMMAR = Automaton(TABLE)

_CLASSES = {
    "noun, singular": "farmer baker girl dog fox",
    "noun, plural": "children dogs cows hens",
    "verb, singular": "feeds sells waits follows sleeps rains snows",
    "verb, plural": "feed wait follow sleep play swim eat",
    "place, time or thing": "barn forest garden house river village evening morning summer winter apples bread milk",
    "function word or adjective": "the in near when it every old little",
}
WORD_CLASSES = {word: name for name, words in _CLASSES.items() for word in words.split()}  # nouns are those who act


@lru_cache(maxsize=1)
def text() -> str:
    """8,000 sentences, one a line, without capitals and full stops: 44 words."""
    return "\n".join(islice(GRAMMAR.sentences(seed=1), SENTENCES)) + "\n"
