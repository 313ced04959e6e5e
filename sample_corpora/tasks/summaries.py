"""Summaries as the next words: sentences of 21 words with their headlines, and match reports with their results.

Every word of a summary comes from a closed vocabulary: a model selects, it does not rephrase. Chinese headlines are `summaries_zh`.
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from sample_corpora.tasks.task_corpus import Lines, Pair, TaskCorpus

HELD_OUT, SEED = 150, 1
TIMES = ("on monday morning", "on friday evening", "late last night", "early last summer", "one rainy day")
AGES = ("old", "young", "tall", "friendly", "famous")
PEOPLE = ("baker", "farmer", "teacher", "doctor", "painter", "sailor", "gardener", "singer", "driver", "mayor")
ORIGINS = ("from the little village", "from the old harbour", "with the red hat", "with the grey beard", "in the long coat")
MANNERS = ("quietly", "proudly", "quickly", "happily", "carefully")
OBJECTS = {
    "sold": "chairs boats bikes clocks tables rings baskets cars paintings",
    "bought": "chairs boats bikes clocks tables rings baskets cars paintings",
    "found": "coins rings letters keys clocks baskets bikes",
    "repaired": "chairs boats bikes clocks tables cars",
    "cleaned": "chairs boats bikes clocks tables cars coins rings keys",
    "carried": "chairs tables baskets letters paintings bikes",
    "hid": "coins rings letters keys clocks paintings baskets",
}
KINDS = {
    "chairs": "old wooden red",
    "boats": "small blue old",
    "bikes": "new red old",
    "clocks": "old golden small",
    "tables": "wooden round old",
    "rings": "golden silver small",
    "baskets": "big round old",
    "cars": "small red old",
    "paintings": "big small old",
    "coins": "golden silver old",
    "letters": "long old secret",
    "keys": "small rusty old",
}
NUMBERS = ("two", "three", "five", "seven")
HELPERS = ("without any help", "with great care", "before the rain")
PLACES = (
    "near the bridge",
    "behind the church",
    "beside the station",
    "outside the school",
    "inside the barn",
    "near the market",
)


@dataclass(frozen=True)
class Event:
    """The parts of a sentence, in the order in which it has them; for_whom: another of the people."""

    time: str
    age: str
    person: str
    origin: str
    manner: str
    verb: str
    number: str
    kind: str
    thing: str
    for_whom: str
    place: str

    def sentence(self) -> str:
        return (
            f"{self.time} the {self.age} {self.person} {self.origin} {self.manner} {self.verb} {self.number} {self.kind} {self.thing} "
            f"{self.for_whom} {self.place}"
        )

    def place_first(self) -> str:
        rest = self.sentence().removeprefix(f"{self.time} ").removesuffix(f" {self.place}")
        return f"{self.place} {rest} {self.time}"

    def headline(self) -> str:
        return f"{self.person} {self.verb} {self.number} {self.thing} {self.place.replace(' the', '')}"

    def new_pairs(self) -> set[str]:
        """Return which of its pairs, person and verb, thing and place, are held out."""
        verb, place = list(OBJECTS).index(self.verb), PLACES.index(self.place)
        person, thing = PEOPLE.index(self.person), list(KINDS).index(self.thing)
        held_out = {"person_verb": person % len(OBJECTS) == verb, "thing_place": thing % len(PLACES) == place}
        return {name for name, is_held_out in held_out.items() if is_held_out}


def _event(numbers: random.Random, longer: bool = False) -> Event:
    verb = numbers.choice(list(OBJECTS))
    thing = numbers.choice(OBJECTS[verb].split())
    person, other = numbers.sample(PEOPLE, 2)
    origins, helpers = numbers.sample(ORIGINS, 2), numbers.sample([f"for the {other}", numbers.choice(HELPERS)], 2)
    return Event(
        numbers.choice(TIMES),
        numbers.choice(AGES),
        person,
        " ".join(origins) if longer else origins[0],
        numbers.choice(MANNERS),
        verb,
        numbers.choice(NUMBERS),
        numbers.choice(KINDS[thing].split()),
        thing,
        " ".join(helpers) if longer else helpers[0],
        numbers.choice(PLACES),
    )


def distinct(count: int, draw: Callable[[], Pair | None]) -> list[Pair]:
    """Return pairs of different prompts. draw: returns None for one that is not wanted."""
    found: dict[str, str] = {}
    while len(found) < count:
        if pair := draw():
            found[pair[0]] = pair[1]
    return list(found.items())


@cache
def headlines() -> Lines:
    """Return sentences of 21 words with headlines of 6."""
    numbers = random.Random(SEED)

    def some(count: int, new: set[str], ask: Callable[[Event], str] = Event.sentence, longer: bool = False) -> list[Pair]:
        def draw() -> Pair | None:
            event = _event(numbers, longer)
            return (ask(event), event.headline()) if event.new_pairs() == new else None

        return distinct(count, draw)

    return Lines(
        some(6_000, set()),
        {name: some(HELD_OUT, {name}) for name in ("person_verb", "thing_place")},
        {"order_unseen": some(HELD_OUT, set(), Event.place_first), "longer": some(HELD_OUT, set(), longer=True)},
    )


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of one of the words."""
    return "(" + "|".join(words) + ")"


SUBJECT = rf"the {any_of(AGES)} {any_of(PEOPLE)}(?: {any_of(ORIGINS)})+ {any_of(MANNERS)} {any_of(OBJECTS)} {any_of(NUMBERS)} (\w+) {any_of(KINDS)}"
HELP = rf"(?: for the {any_of(PEOPLE)}| {any_of(HELPERS)})+"
SENTENCE = re.compile(rf"(?:{any_of(TIMES)} {SUBJECT}{HELP} {any_of(PLACES)}|{any_of(PLACES)} {SUBJECT}{HELP} {any_of(TIMES)})")


def true_headline(prompt: str) -> str | None:
    """Return the headline of a sentence, None where it is not of the grammar."""
    if not (match := SENTENCE.fullmatch(prompt)):
        return None
    first = match[1] is not None
    _age, person, _origin, _manner, verb, number, kind, thing = match.groups()[1:9] if first else match.groups()[13:21]
    place = match.groups()[11] if first else match.groups()[12]
    if kind not in KINDS[thing].split() or thing not in OBJECTS[verb].split():
        return None
    return f"{person} {verb} {number} {thing} {place.replace(' the', '')}"


TEAMS = (
    "Lions", "Bears", "Eagles", "Wolves", "Sharks", "Tigers", "Falcons", "Foxes",
    "Bulls", "Hawks", "Panthers", "Rams", "Stags", "Otters", "Badgers", "Owls",
)  # fmt: skip
CITIES = ("Oslo", "Paris", "Rome", "Vienna")
SCORED = {"scored": 1, "scored twice": 2, "missed": 0, "missed twice": 0, "defended well": 0}  # the goals of each event
CLOSINGS = ("It rained.", "")
MOST_GOALS = 6  # of a team in training
MOST_EVENTS = 4


def _report(numbers: random.Random, events: int, meeting_last: bool = False) -> tuple[str, str, tuple[int, int]]:
    """Return a report, its result, and which teams met, by their numbers."""
    home, away = numbers.sample(range(len(TEAMS)), 2)
    told = [(numbers.choice((home, away)), numbers.choice(list(SCORED))) for _ in range(events)]
    goals = [sum(SCORED[event] for team, event in told if team == side) for side in (home, away)]
    meeting = f"{TEAMS[home]} met {TEAMS[away]} in {numbers.choice(CITIES)}."
    events_told = [f"{TEAMS[team]} {event}." for team, event in told]
    parts = [*events_told, meeting] if meeting_last else [meeting, *events_told, numbers.choice(CLOSINGS)]
    return " ".join(filter(None, parts)), f"{TEAMS[home]} {goals[0]} {TEAMS[away]} {goals[1]}", (home, away)


@cache
def reports() -> Lines:
    """Return match reports with their results."""
    numbers = random.Random(SEED)

    def some(count: int, new: bool, events: tuple[int, int] = (1, MOST_EVENTS), meeting_last: bool = False) -> list[Pair]:
        def draw() -> Pair | None:
            report, result, (home, away) = _report(numbers, numbers.randint(*events), meeting_last)
            too_many = any(int(goals) > MOST_GOALS for goals in result.split()[1::2])
            return (report, result) if ((away - home) % len(TEAMS) == 1) is new and not too_many else None

        return distinct(count, draw)

    return Lines(
        some(8_000, False),
        {"matches": some(200, True)},
        {
            "order_unseen": some(HELD_OUT, False, meeting_last=True),
            "longer": some(HELD_OUT, False, (MOST_EVENTS + 1, 2 * MOST_EVENTS)),
        },
    )


MEETING = re.compile(rf"{any_of(TEAMS)} met {any_of(TEAMS)} in {any_of(CITIES)}\.")
EVENT = re.compile(rf"{any_of(TEAMS)} {any_of(SCORED)}\.")


def true_result(prompt: str) -> str | None:
    """Return the result of a match, None where a report is not of the grammar."""
    meetings = MEETING.findall(prompt)
    rest = EVENT.sub("", MEETING.sub("", prompt))
    for closing in filter(None, CLOSINGS):
        rest = rest.replace(closing, "", 1)
    if len(meetings) != 1 or rest.strip():
        return None
    home, away, _city = meetings[0]
    events = EVENT.findall(prompt)
    if home == away or any(team not in (home, away) for team, _event in events):
        return None
    goals = {side: sum(SCORED[event] for team, event in events if team == side) for side in (home, away)}
    return f"{home} {goals[home]} {away} {goals[away]}"


TASKS = (
    TaskCorpus(
        id="compress-en",
        task="summary",
        language="en",
        titles={"en": "Headlines, English", "zh": "压缩成标题（英文）"},
        descriptions={
            "en": "6,000 English sentences of 21 words with headlines of six, written for this project (MIT): who did what to how "
            "many things where. The words of a headline all stand in its sentence.",
            "zh": "6,000 个 21 个词的英文句子，各配一个六个词的标题，为本项目编写（MIT 许可证）：谁在哪里对多少件东西做了什么。"
            "标题里的词都出自原句。",
        },
        held_out_rule={
            "en": "Held out: one verb of each person (no baker sold anything in training) and one place of each thing.",
            "zh": "留出的是：每个人物各有一个动词（例如训练行里的 baker 从不 sold），每样东西各有一个地点，不与之同时出现。",
        },
        lines=headlines,
        true_answer=true_headline,
        loss_on="answer",
        seconds=30,
    ),
    TaskCorpus(
        id="reports-en",
        task="summary",
        language="en",
        titles={"en": "Match reports, English", "zh": "比赛报道（英文）"},
        descriptions={
            "en": "8,000 short English match reports with their results, written for this project (MIT): goals must be counted for the "
            "right team; a shot that misses is none.",
            "zh": "8,000 篇简短的英文比赛报道及其比分，为本项目编写（MIT 许可证）：进球要算到对的球队头上，射偏不算进球。",
        },
        held_out_rule={
            "en": "Held out: sixteen matches, such as Lions against Bears, that no training report is about.",
            "zh": "留出的是：十六场比赛（如 Lions 对 Bears），训练行里从没有这样的对阵。",
        },
        lines=reports,
        true_answer=true_result,
        loss_on="answer",
    ),
)
