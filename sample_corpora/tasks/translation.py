"""Sentences in English and Chinese that mean the same: measure words, 了 and 要, times and places that move before the verb.

The words and what goes with what are in `translation_words`: who may do what to what, where, and what a thing may be like.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from sample_corpora.tasks.task_corpus import Lines, Pair, TaskCorpus
from sample_corpora.tasks.translation_words import ADJECTIVES, DETERMINERS, NOUNS, PLACES, SUBJECTS, TIMES, VERBS

LINES, HELD_OUT, SEED = 8_000, 150, 1
PARTNERS = 4


@dataclass(frozen=True)
class Thing:
    """What something is done to; adjective "": none. Words are the English ones of the tables."""

    determiner: str
    adjective: str
    noun: str

    def english(self) -> str:
        many = self.determiner not in ("a", "this", "that")
        rest = " ".join(filter(None, [self.adjective, NOUNS[self.noun].plural if many else self.noun]))
        article = "an" if self.determiner == "a" and rest[0] in "aeiou" else self.determiner
        return f"{article} {rest}"

    def chinese(self) -> str:
        noun = NOUNS[self.noun]
        return DETERMINERS[self.determiner] + noun.measure + ADJECTIVES.get(self.adjective, "") + noun.chinese

    def pairs(self, verb: str, subject: str) -> list[tuple[str, str, str]]:
        """The (kind, word, noun) that may be held out."""
        found = [
            ("verb_noun", verb, self.noun),
            ("subject_noun", subject, self.noun),
            ("number_noun", self.determiner, self.noun),
        ]
        return [*found, ("adjective_noun", self.adjective, self.noun)] if self.adjective else found


@dataclass(frozen=True)
class Sentence:
    """A sentence in no language. tense: past, future or habit; place and time "": not said."""

    subject: str
    verb: str
    tense: str
    things: tuple[Thing, ...]
    place: str
    time: str

    def english(self) -> str:
        verb = VERBS[self.verb]
        habit = verb.third if SUBJECTS[self.subject].third else self.verb
        form = {"past": verb.past, "future": f"will {self.verb}", "habit": habit}[self.tense]
        things = " and ".join(thing.english() for thing in self.things)
        return " ".join(filter(None, [self.subject, form, things, self.place, self.time]))

    def chinese(self) -> str:
        before = SUBJECTS[self.subject].chinese + self._chinese_time + PLACES.get(self.place, "")
        verb = VERBS[self.verb].chinese
        form = {"past": verb + "了", "future": "要" + verb, "habit": verb}[self.tense]
        if self.tense == "future":  # 要 stands before the place
            before, form = SUBJECTS[self.subject].chinese + self._chinese_time + "要" + PLACES.get(self.place, ""), verb
        return before + form + "和".join(thing.chinese() for thing in self.things)

    def english_time_first(self) -> str:
        return f"{self.time} {replace(self, time='').english()}"

    def chinese_time_first(self) -> str:
        rest = replace(self, time="").chinese()
        return self._chinese_time + rest

    @property
    def _chinese_time(self) -> str:
        return next((times[self.time] for times in TIMES.values() if self.time in times), "")

    def pairs(self) -> set[tuple[str, str, str]]:
        return {pair for thing in self.things for pair in thing.pairs(self.verb, self.subject)}


def draw(numbers: random.Random, count: int = 1) -> Sentence:
    """Return a random sentence. count: of its things."""
    verb = numbers.choice(list(VERBS))
    tense = numbers.choice(["past", "past", "future", "habit"] if VERBS[verb].often else ["past", "past", "future"])
    nouns = (VERBS[verb].often if tense == "habit" else VERBS[verb].nouns).split()
    determiners = [word for word in DETERMINERS if tense != "habit" or word not in ("this", "that")]
    things = tuple(
        Thing(numbers.choice(determiners), numbers.choice(["", numbers.choice(NOUNS[noun].adjectives.split())]), noun)
        for noun in numbers.sample(nouns, count)
    )
    time = numbers.choice(list(TIMES[tense]) if tense == "habit" else ["", *TIMES[tense], *TIMES[tense]])
    place = numbers.choice(["", numbers.choice(VERBS[verb].places)])
    return Sentence(numbers.choice(list(SUBJECTS)), verb, tense, things, place, time)


@lru_cache(maxsize=1)
def new_pairs() -> frozenset[tuple[str, str, str]]:
    """One pair of each kind for each noun that has more than PARTNERS words of that kind.

    Chinese word segmentation makes one word of a number and a measure word, so that with each measure word one noun keeps all
    numbers: no held-out line has an unknown word.
    """
    keeps = {entry.measure: noun for noun, entry in NOUNS.items()}  # one noun of each measure word has all numbers
    candidates = {
        "verb_noun": [(verb, noun) for verb, entry in VERBS.items() for noun in entry.nouns.split()],
        "subject_noun": [(subject, noun) for subject in SUBJECTS for noun in NOUNS],
        "number_noun": [(word, noun) for word in DETERMINERS for noun, entry in NOUNS.items() if noun != keeps[entry.measure]],
        "adjective_noun": [(word, noun) for noun, entry in NOUNS.items() for word in entry.adjectives.split()],
    }
    numbers, chosen = random.Random(SEED), set()
    for kind, pairs in candidates.items():
        words, nouns = Counter(word for word, _ in pairs), Counter(noun for _, noun in pairs)
        left = {noun for noun in nouns if nouns[noun] > PARTNERS}
        for word, noun in numbers.sample(pairs, len(pairs)):
            if noun in left and words[word] > PARTNERS:
                left.remove(noun)
                words[word] -= 1
                chosen.add((kind, word, noun))
    return frozenset(chosen)


@lru_cache(maxsize=1)
def sentences() -> tuple[list[Sentence], dict[str, list[Sentence]], dict[str, list[Sentence]]]:
    """Return what is taught, what is held out by what is new, and the experiments."""
    numbers, new = random.Random(SEED), new_pairs()

    def some(count: int, wanted: Callable[[Sentence], bool], things: int = 1) -> list[Sentence]:
        found: dict[Sentence, None] = {}
        while len(found) < count:
            sentence = draw(numbers, things)
            if wanted(sentence):
                found[sentence] = None
        return list(found)

    def known(sentence: Sentence) -> bool:
        return not sentence.pairs() & new

    def has_new(kind: str) -> Callable[[Sentence], bool]:
        return lambda sentence: {pair[0] for pair in sentence.pairs() & new} == {kind}

    taught = some(LINES, known)
    held_out = {kind: some(HELD_OUT, has_new(kind)) for kind in ("verb_noun", "subject_noun")}
    later = {
        "number_noun": some(HELD_OUT, has_new("number_noun")),
        "adjective_noun": some(HELD_OUT, has_new("adjective_noun")),
        "order_unseen": some(HELD_OUT, lambda sentence: known(sentence) and bool(sentence.time)),
        "longer": some(HELD_OUT, lambda sentence: known(sentence) and len(sentence.things) == 3, things=3),
    }
    return taught, held_out, later


def _lines(ask: Callable[[Sentence], str], answer: Callable[[Sentence], str], reordered: Callable[[Sentence], str]) -> Lines:
    taught, held_out, later = sentences()

    def pairs(found: Iterable[Sentence], ask: Callable[[Sentence], str] = ask) -> list[Pair]:
        return [(ask(sentence), answer(sentence)) for sentence in found]

    experiments = {name: pairs(found, reordered if name == "order_unseen" else ask) for name, found in later.items()}
    return Lines(pairs(taught), {kind: pairs(found) for kind, found in held_out.items()}, experiments)


@lru_cache(maxsize=1)
def from_english() -> Lines:
    """Return English sentences with their Chinese ones."""
    return _lines(Sentence.english, Sentence.chinese, Sentence.english_time_first)


@lru_cache(maxsize=1)
def from_chinese() -> Lines:
    """Return Chinese sentences with their English ones."""
    return _lines(Sentence.chinese, Sentence.english, Sentence.chinese_time_first)


def _one_of(words: Iterable[str]) -> str:
    return "(" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern, re.Pattern]:
    """Of the parts of a sentence in each language: time, subject, verb (Chinese: time, subject, time, place, verb), things, rest."""
    verbs = [form for verb, entry in VERBS.items() for form in (verb, entry.past, entry.third, f"will {verb}")]
    times = [time for entry in TIMES.values() for time in entry]
    english = f"(?:{_one_of(times)} )?{_one_of(SUBJECTS)} {_one_of(verbs)} (.+?)(?: {_one_of(PLACES)})?(?: {_one_of(times)})?"
    said = _one_of(time for entry in TIMES.values() for time in entry.values())
    people, places = _one_of(entry.chinese for entry in SUBJECTS.values()), _one_of(PLACES.values())
    chinese = f"{said}?{people}{said}?(要)?{places}?{_one_of(entry.chinese for entry in VERBS.values())}(了)?(.+)"
    return re.compile(english), re.compile(chinese)


@lru_cache(maxsize=1)
def _things() -> dict[str, Thing]:
    """Both languages' words for each thing -> the thing."""
    things = [
        Thing(determiner, adjective, noun)
        for noun, entry in NOUNS.items()
        for determiner in DETERMINERS
        for adjective in ("", *entry.adjectives.split())
    ]
    return {thing.english(): thing for thing in things} | {thing.chinese(): thing for thing in things}


def _candidates(text: str) -> Iterator[Sentence]:
    """Sentences that a text may be."""
    english, chinese = _patterns()
    if match := english.fullmatch(text):
        first, subject, form, said, place, last = (part or "" for part in match.groups())
        verbs = [verb for verb, entry in VERBS.items() if form in (verb, entry.past, entry.third, f"will {verb}")]
        parts = said.split(" and ")
    elif match := chinese.fullmatch(text):
        first, who, last, _will, where, did, _past, said = (part or "" for part in match.groups())
        subject = next(name for name, entry in SUBJECTS.items() if entry.chinese == who)
        place = next((name for name, word in PLACES.items() if word == where), "")
        first, last = (next((e for times in TIMES.values() for e, z in times.items() if z == t), "") for t in (first, last))
        verbs, parts = [verb for verb, entry in VERBS.items() if entry.chinese == did], said.split("和")
    else:
        return
    things = tuple(_things()[part] for part in parts if part in _things())
    if len(things) == len(parts):
        for verb in verbs:
            for tense in TIMES:
                yield Sentence(subject, verb, tense, things, place, first or last)


def true_answer(prompt: str) -> str | None:
    """Return the translation of a sentence in either language, None where it is not of the grammar."""
    for sentence in _candidates(prompt):
        if sentence.time in (*TIMES[sentence.tense], *([""] if sentence.tense != "habit" else [])):
            if prompt in (sentence.english(), sentence.english_time_first()):
                return sentence.chinese()
            if prompt in (sentence.chinese(), sentence.chinese_time_first()):
                return sentence.english()
    return None


HELD_OUT_RULE = {
    "en": "Held out: for each noun one of the verbs and one of the people it could stand with (“the doctor” and “lamp”). No held-out pair "
    "stands in a training line, though each of its two words does.",
    "zh": "留出的是：每个名词各有一个动词和一个人物不与它同时出现（如“医生”和“台灯”）。留出的搭配不在任何训练行里出现，但其中每个词都出现过。",
}
TASKS = (
    TaskCorpus(
        id="translation-en-zh",
        task="translation",
        language="en",
        titles={"en": "English to Chinese", "zh": "英译中"},
        descriptions={
            "en": "8,000 English sentences with their Chinese, written for this project (MIT): measure words (一本书, 一条鱼), 了 and 要, "
            "times and places that move before the verb.",
            "zh": "8,000 个英文句子及其中文译文，为本项目编写（MIT 许可证）：要选对量词（一本书、一条鱼），用好“了”和“要”，还要把时间和地点移到动词前面。",
        },
        held_out_rule=HELD_OUT_RULE,
        lines=from_english,
        true_answer=true_answer,
    ),
    TaskCorpus(
        id="translation-zh-en",
        task="translation",
        language="zh",
        titles={"en": "Chinese to English", "zh": "中译英"},
        descriptions={
            "en": "The same 8,000 sentences the other way round, written for this project (MIT): a or an, plural forms, tenses, and "
            "times and places that move to the end.",
            "zh": "同样的 8,000 个句子，方向相反，为本项目编写（MIT 许可证）：要分清 a 和 an，用对复数和时态，还要把时间和地点移到句末。",
        },
        held_out_rule=HELD_OUT_RULE,
        lines=from_chinese,
        true_answer=true_answer,
    ),
)
