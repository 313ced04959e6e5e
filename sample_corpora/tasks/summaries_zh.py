"""Chinese sentences with their headlines: who did what to how many things where. Which verb, manner and place suit a thing was chosen by hand.

The English ones, and match reports, are `summaries`.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

from sample_corpora.tasks.summaries import HELD_OUT, SEED, any_of, distinct
from sample_corpora.tasks.task_corpus import Lines, Pair, TaskCorpus

TIMES = ("星期一早上", "星期五晚上", "昨天深夜", "去年初夏", "一个大晴天")
ORIGINS = ("从小村子来的", "住在老港口的", "戴红帽子的", "穿长大衣的", "牵着狗的")
AGES = ("年轻的", "年老的", "高个子", "热心的", "有名的")
PEOPLE = ("面包师", "农民", "老师", "医生", "画家", "水手", "园丁", "歌手", "司机", "镇长")
COMPANY = ("独自", "和朋友一起", "和家人一起")
NUMBERS = ("两", "三", "五", "七")
PLACES = ("在桥边", "在教堂后面", "在车站旁边", "在学校门口", "在谷仓里", "在市场附近")


@dataclass(frozen=True)
class Verb:
    manners: str
    things: str


@dataclass(frozen=True)
class Noun:
    measure: str
    kinds: str


TRADED = "椅子 船 自行车 闹钟 桌子 戒指 篮子 汽车 油画"
VERBS = {
    "卖掉": Verb("悄悄地 高兴地 很快", TRADED),
    "买下": Verb("悄悄地 高兴地 很快", TRADED),
    "找到": Verb("很快 终于 意外地", "硬币 戒指 信 钥匙 闹钟 篮子 自行车"),
    "修好": Verb("很快 终于 仔细地", "椅子 船 自行车 闹钟 桌子 汽车"),
    "擦干净": Verb("很快 高兴地 仔细地", "椅子 船 自行车 闹钟 桌子 汽车 硬币 戒指 钥匙"),
    "搬走": Verb("悄悄地 很快 小心地", "椅子 桌子 篮子 油画 自行车"),
    "藏起": Verb("悄悄地 很快 小心地", "硬币 戒指 信 钥匙 闹钟 油画 篮子"),
}
NOUNS = {
    "椅子": Noun("把", "旧 木 红"),
    "船": Noun("条", "小 蓝 旧"),
    "自行车": Noun("辆", "新 红 旧"),
    "闹钟": Noun("个", "旧 金色的 小"),
    "桌子": Noun("张", "木 圆 旧"),
    "戒指": Noun("枚", "金 银 小"),
    "篮子": Noun("个", "大 圆 旧"),
    "汽车": Noun("辆", "小 红 旧"),
    "油画": Noun("幅", "大 小 旧"),
    "硬币": Noun("枚", "金 银 旧"),
    "信": Noun("封", "长 旧 没拆的"),
    "钥匙": Noun("把", "小 旧 生锈的"),
}


@dataclass(frozen=True)
class Event:
    """The parts of a sentence, in the order in which it has them. company: with or for another of the people."""

    time: str
    who: str  # origin and age
    person: str
    place: str
    company: str
    manner: str
    verb: str
    number: str
    kind: str
    thing: str

    def sentence(self) -> str:
        return f"{self.time}，{self.who}{self.person}{self.place}{self._rest()}"

    def place_first(self) -> str:
        return f"{self.place}，{self.who}{self.person}{self.time}{self._rest()}"

    def _rest(self) -> str:
        return f"{self.company}{self.manner}{self.verb}了{self.number}{NOUNS[self.thing].measure}{self.kind}{self.thing}"

    def headline(self) -> str:
        return f"{self.person}{self.place}{self.verb}{self.number}{NOUNS[self.thing].measure}{self.thing}"

    def new_pairs(self) -> set[str]:
        """Return which of its pairs, person and verb, thing and place, are held out."""
        verb, place = list(VERBS).index(self.verb), PLACES.index(self.place)
        person, thing = PEOPLE.index(self.person), list(NOUNS).index(self.thing)
        held_out = {"person_verb": person % len(VERBS) == verb, "thing_place": thing % len(PLACES) == place}
        return {name for name, is_held_out in held_out.items() if is_held_out}


def _event(numbers: random.Random, longer: bool) -> Event:
    verb = numbers.choice(list(VERBS))
    thing = numbers.choice(VERBS[verb].things.split())
    person, other = numbers.sample(PEOPLE, 2)
    origins, beside, helped = numbers.sample(ORIGINS, 2), numbers.choice(COMPANY), f"帮{other}"
    return Event(
        numbers.choice(TIMES),
        ("".join(origins) if longer else origins[0]) + numbers.choice(AGES),
        person,
        numbers.choice(PLACES),
        beside + helped if longer else numbers.choice((beside, helped)),
        numbers.choice(VERBS[verb].manners.split()),
        verb,
        numbers.choice(NUMBERS),
        numbers.choice(NOUNS[thing].kinds.split()),
        thing,
    )


@cache
def headlines() -> Lines:
    """Return sentences with headlines."""
    numbers = random.Random(SEED)

    def some(count: int, new: set[str], turned: bool = False, longer: bool = False) -> list[Pair]:
        def draw() -> Pair | None:
            event = _event(numbers, longer)
            return (event.place_first() if turned else event.sentence(), event.headline()) if event.new_pairs() == new else None

        return distinct(count, draw)

    return Lines(
        some(6_000, set()),
        {name: some(HELD_OUT, {name}) for name in ("person_verb", "thing_place")},
        {"order_unseen": some(HELD_OUT, set(), turned=True), "longer": some(HELD_OUT, set(), longer=True)},
    )


WHO = rf"{any_of(ORIGINS)}+{any_of(AGES)}(?P<person>{any_of(PEOPLE)})"
REST = (
    rf"{any_of(COMPANY)}?(?:帮(?P<other>{any_of(PEOPLE)}))?(?P<manner>\w+?)(?P<verb>{any_of(VERBS)})了(?P<number>{any_of(NUMBERS)})"
    rf"(?P<measure>\w)(?P<kind>\w+?)(?P<thing>{any_of(NOUNS)})"
)
USUAL = re.compile(rf"{any_of(TIMES)}，{WHO}(?P<place>{any_of(PLACES)}){REST}")
PLACE_FIRST = re.compile(rf"(?P<place>{any_of(PLACES)})，{WHO}{any_of(TIMES)}{REST}")


def true_headline(prompt: str) -> str | None:
    """Return the headline of a sentence, None where it is not of the grammar."""
    if not (match := USUAL.fullmatch(prompt) or PLACE_FIRST.fullmatch(prompt)):
        return None
    verb, noun = VERBS[match["verb"]], NOUNS[match["thing"]]
    fits = match["thing"] in verb.things.split() and match["manner"] in verb.manners.split()
    if not fits or match["kind"] not in noun.kinds.split() or match["measure"] != noun.measure:
        return None
    return "".join(match[part] for part in ("person", "place", "verb", "number", "measure", "thing"))


TASKS = (
    TaskCorpus(
        id="compress-zh",
        task="summary",
        language="zh",
        titles={"en": "Headlines, Chinese", "zh": "压缩成标题（中文）"},
        descriptions={
            "en": "6,000 Chinese sentences of 29 to 41 characters with headlines of 10 to 16, written for this project (MIT): who did what to how "
            "many things where. The characters of a headline all stand in its sentence.",
            "zh": "6,000 个 29 到 41 字的中文句子，各配一个 10 到 16 字的标题，为本项目编写（MIT 许可证）：谁在哪里对多少件东西做了什么。"
            "标题里的字都出自原句。",
        },
        held_out_rule={
            "en": "Held out: one verb of each person (no 面包师 has 卖掉 anything in training) and one place of each thing.",
            "zh": "留出的是：每个人物各有一个动词（例如训练行里的面包师从不卖掉东西），每样东西各有一个地点，不与之同时出现。",
        },
        lines=headlines,
        true_answer=true_headline,
        tokenizer="character",
        loss_on="answer",
        seconds=30,
    ),
)
