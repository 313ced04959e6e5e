"""Stories of people who go from place to place, and a question: where is one of them now? In English and in Chinese.

Held out are situations: of two people who are named one after the other in the list, the second is never in the place that follows the
first one's in the list, in no training line at the moment of the question.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from sample_corpora.tasks.task_corpus import Lines, Pair, TaskCorpus

HELD_OUT, SEED = 200, 1
Move = tuple[str, str, str]  # (person, verb, place)


@dataclass(frozen=True)
class Stories:
    """Who goes where, and in which words. own_places: each person has an equal part of the places and leaves it never."""

    people: Sequence[str]
    places: Sequence[str]
    verbs: Sequence[str]
    sentence: str  # with {person}, {verb} and {place}
    question: str  # with {person}
    gap: str  # between sentences
    moves: tuple[int, int]  # in a story: fewest, most
    count: int  # training lines
    question_first: bool = False
    own_places: bool = False

    def lines(self) -> Lines:
        """Return the lines."""
        numbers = random.Random(SEED)
        many = self.moves[1]

        def pairs(
            count: int, held_out: bool, moves: tuple[int, int] = self.moves, turned: bool = False, first: bool = False
        ) -> list[Pair]:
            found: dict[str, str] = {}
            while len(found) < count:
                story = self._story(numbers, numbers.randint(*moves), turned)
                person = numbers.choice(sorted({move[0] for move in story}))
                if self._is_new(story) is held_out:
                    found[self._prompt(story, person, self.question_first is not first)] = _where(story)[person]
            return list(found.items())

        training = pairs(self.count, held_out=False)
        held_out = {"situations": pairs(HELD_OUT, held_out=True)}
        if self.own_places:
            return Lines(training, held_out, {"swapped_names": pairs(HELD_OUT, held_out=False, turned=True)})
        experiments = {
            "question_last" if self.question_first else "question_first": pairs(HELD_OUT, held_out=False, first=True),
            "longer": pairs(HELD_OUT, held_out=False, moves=(many + 1, 2 * many)),
        }
        return Lines(training, held_out, experiments)

    def _story(self, numbers: random.Random, count: int, turned: bool) -> list[Move]:
        """Nobody goes where they already are. turned: the people have each other's own places."""
        story: list[Move] = []
        for _ in range(count):
            person = numbers.choice(self.people)
            places = [place for place in self._places_of(person, turned) if place != _where(story).get(person)]
            story.append((person, numbers.choice(self.verbs), numbers.choice(places)))
        return story

    def _places_of(self, person: str, turned: bool) -> Sequence[str]:
        if not self.own_places:
            return self.places
        size = len(self.places) // len(self.people)
        index = self.people.index(person)
        begin = size * (len(self.people) - 1 - index if turned else index)
        return self.places[begin : begin + size]

    def _is_new(self, story: list[Move]) -> bool:
        where = {person: self.places.index(place) for person, place in _where(story).items()}
        neighbours = zip(self.people, self.people[1:], strict=False)
        return any(
            one in where and other in where and where[other] == (where[one] + 1) % len(self.places) for one, other in neighbours
        )

    def _prompt(self, story: list[Move], person: str, question_first: bool) -> str:
        told = [self.sentence.format(person=who, verb=verb, place=place) for who, verb, place in story]
        question = self.question.format(person=person)
        return self.gap.join([question, *told] if question_first else [*told, question])

    @cached_property
    def _patterns(self) -> tuple[re.Pattern, re.Pattern]:
        person, verb, place = ("(" + "|".join(words) + ")" for words in (self.people, self.verbs, self.places))
        sentence = re.escape(self.sentence).replace(r"\{person\}", person).replace(r"\{verb\}", verb).replace(r"\{place\}", place)
        return re.compile(sentence), re.compile(re.escape(self.question).replace(r"\{person\}", person))

    def true_answer(self, prompt: str) -> str | None:
        """Return where the person asked for was last seen; None where that is not told or something else is."""
        sentence, question = self._patterns
        asked, told = question.findall(prompt), sentence.findall(prompt)
        rest = sentence.sub("", question.sub("", prompt)).strip()
        return _where(told).get(asked[0]) if len(asked) == 1 and not rest else None


def _where(story: list[Move]) -> dict[str, str]:
    return {person: place for person, _verb, place in story}


ROOMS_EN = Stories(
    people=("Anna", "Ben"),
    places=("kitchen", "garden", "cellar", "attic", "hall", "garage"),
    verbs=("went to", "ran to"),
    sentence="{person} {verb} the {place}.",
    question="Where is {person}?",
    gap=" ",
    moves=(2, 4),
    count=4_000,
)
ROOMS_ZH = Stories(
    people=("小明", "小红"),
    places=("厨房", "花园", "书房", "阳台", "客厅", "卧室"),
    verbs=("去了", "来到了"),
    sentence="{person}{verb}{place}。",
    question="{person}在哪里？",
    gap="",
    moves=(2, 4),
    count=4_000,
)
CITIES_EN = replace(
    ROOMS_EN,
    people=("Anna", "Ben", "Clara", "David", "Emma"),
    places=("Paris", "Rome", "London", "Madrid", "Vienna", "Oslo"),
    verbs=("went to", "flew to"),
    sentence="{person} {verb} {place}.",
    moves=(2, 5),
    count=8_000,
)
CITIES_ZH = replace(
    ROOMS_ZH,
    people=("小明", "小红", "小刚", "小丽", "小华"),
    places=("北京", "上海", "广州", "成都", "西安", "杭州"),
    moves=(2, 5),
    count=8_000,
)


def _task(stories: Stories, id: str, english: tuple[str, str], chinese: tuple[str, str], variant_of: str = "") -> TaskCorpus:
    """english, chinese: the title, and how a story is told and asked."""
    language = "en" if stories.gap else "zh"
    count = f"{stories.count:,}"
    return TaskCorpus(
        id=id,
        task="answering",
        language=language,
        titles={"en": english[0], "zh": chinese[0]},
        descriptions={
            "en": f"{count} stories {'in English' if language == 'en' else 'in Chinese'} with a question, written for this project (MIT). "
            + english[1],
            "zh": f"{count} 个{'英文' if language == 'en' else '中文'}小故事，每个故事一个问题，为本项目编写（MIT 许可证）。{chinese[1]}",
        },
        held_out_rule={
            "en": f"Held out: situations. When the question is asked, {stories.people[0]} in {_the(stories, 0)} and {stories.people[1]} in "
            f"{_the(stories, 1)}, and all other pairs of neighbours in the two lists, stand in no training story.",
            "zh": f"留出的是局面：提问时，“{stories.people[0]}在{stories.places[0]}、{stories.people[1]}在{stories.places[1]}”这样的组合"
            "（人名表和地点表中依次相邻的各对）不在任何训练故事里出现。",
        },
        lines=cache(stories.lines),
        true_answer=stories.true_answer,
        loss_on="answer",
        seconds=30 if len(stories.people) == 2 or stories.question_first else 60,
        variant_of=variant_of,
    )


def _the(stories: Stories, place: int) -> str:
    return ("the " if "the {place}" in stories.sentence else "") + stories.places[place]


TASKS = tuple(
    _task(*parts)
    for language, rooms, cities in (("en", ROOMS_EN, CITIES_EN), ("zh", ROOMS_ZH, CITIES_ZH))
    for parts in (
        (
            rooms,
            f"stories-{language}-2",
            (
                "Where is Anna? Two people, six rooms",
                "Two people go from room to room; the question comes after two to four moves.",
            ),
            ("两个人，六个房间", "两个人在房间之间走动，走两到四次之后提问。"),
        ),
        (
            replace(rooms, own_places=True, count=1_000),
            f"stories-{language}-2-own-rooms",
            (
                "Two people, each in three rooms of their own",
                "Each person stays in three rooms of the six. Does a model read the names, or the rooms?",
            ),
            ("两个人，各有三个房间", "每个人只在自己的三个房间里走动。模型读的是名字，还是房间？"),
            f"stories-{language}-2",
        ),
        (
            cities,
            f"stories-{language}-5",
            (
                "Five people, six cities, the question last",
                "Five people travel between six cities; whom the question is about is known only at the end.",
            ),
            ("五个人，六座城市，问题在后", "五个人在六座城市之间旅行；到最后才知道问的是谁。"),
        ),
        (
            replace(cities, question_first=True),
            f"stories-{language}-5-first",
            (
                "Five people, six cities, the question first",
                "The same stories, but the question stands before them: a model knows what to look for.",
            ),
            ("五个人，六座城市，问题在前", "同样的故事，但问题在故事之前：模型知道该留意什么。"),
            f"stories-{language}-5",
        ),
    )
)
