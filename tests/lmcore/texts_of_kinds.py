"""Texts of every kind, English and Chinese, most of them made by a seeded lot so that their lines differ; and the kind of each."""

import csv
import io
import json
import random
import textwrap
from pathlib import Path

STORY = (
    "The fox walked along the river and looked for something to eat. It was late in the year, and the leaves had fallen. "
    "Nobody had seen a fish for days, so the fox went up the hill and asked the owl. The owl knew nothing either."
)
FABLE = "从前有一只狐狸沿着河边走，想找点东西吃。那时已经是深秋了，树叶都落光了。好几天没有人见过鱼，于是狐狸上山去问猫头鹰。猫头鹰也什么都不知道。"
POEM = "The sea is wide,\nthe sea is deep,\nand in the tide\nthe fishes sleep."
SONG = "小河流水哗啦啦，\n河边开着一朵花。\n花儿对着太阳笑，\n蜜蜂飞来采蜜呀。"

PEOPLE = [
    "Anna",
    "Bruno",
    "Carla",
    "Dimitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Irina",
    "Jonas",
    "Katja",
    "Leon",
    "Marta",
    "Nils",
    "Olga",
    "Pavel",
]
PLACES = ["harbour", "market", "chapel", "station", "garden", "bridge", "orchard", "library", "tower", "mill", "bakery", "island"]
THINGS = [
    "lantern",
    "violin",
    "compass",
    "kettle",
    "ladder",
    "notebook",
    "basket",
    "mirror",
    "rope",
    "candle",
    "telescope",
    "umbrella",
]
PRODUCTS = [
    "phone",
    "charger",
    "headphones",
    "blender",
    "kettle",
    "jacket",
    "boots",
    "tent",
    "keyboard",
    "speaker",
    "mattress",
    "lamp",
    "pillow",
    "drill",
    "router",
    "camera",
]
VERDICTS = ("works well", "broke after a week", "is worth the money", "feels cheap", "arrived late", "is better than expected")
REASONS = (
    "The battery lasts long",
    "The colour is wrong",
    "Support never answered",
    "My sister uses it daily",
    "It smells of plastic",
)
名 = ["王小明", "李华", "张伟", "陈静怡", "刘洋", "赵敏", "周涛", "孙丽"]
地 = ["码头", "集市", "教堂", "车站", "花园", "石桥", "果园", "图书馆"]
物 = ["灯笼", "提琴", "罗盘", "水壶", "梯子", "笔记本", "篮子", "镜子"]
货 = ["手机", "耳机", "水壶", "外套", "帐篷", "键盘", "音箱", "台灯", "枕头", "相机", "书包", "雨伞"]
评 = ("很好用", "用了一周就坏了", "物有所值", "质量一般", "比想象的好", "颜色不对")
因 = ("电池很耐用", "客服一直不回", "味道有点大", "妈妈天天用", "包装很仔细", "下次还会买")


def every_few(text: str, width: int) -> str:
    return "\n".join(text[begin : begin + width] for begin in range(0, len(text), width))


def words(count: tuple[int, int], of: str, between: str) -> str:
    """60 lines of random words."""
    draw = random.Random(1)
    return "\n".join(between.join(draw.choices(of.split(), k=draw.randint(*count))) for _ in range(60))


def made(line, count: int = 120, seed: int = 2) -> list[str]:
    """line: Random -> one line."""
    draw = random.Random(seed)
    return [line(draw) for _ in range(count)]


def english_paragraphs(count: int = 60) -> list[str]:
    """A story: two people and a place stay for some paragraphs, then others come."""
    draw, paragraphs = random.Random(3), []
    for number in range(count):
        if number % 5 == 0:
            (one, other), place, thing = draw.sample(PEOPLE, 2), draw.choice(PLACES), draw.choice(THINGS)
        sentences = [
            f"{one} went down to the {place} in the {draw.choice(('morning', 'evening'))}.",
            f"{other} had left the {thing} there, and nobody knew why.",
            f"It was {draw.choice(('cold', 'late', 'quiet'))}, so they waited near the {place}.",
            f"At last {other} took the {thing} and gave it to {one}.",
        ]
        paragraphs.append(" ".join(draw.sample(sentences, draw.randint(2, 4))))
    return paragraphs


def chinese_paragraphs(count: int = 60) -> list[str]:
    draw, paragraphs = random.Random(4), []
    for number in range(count):
        if number % 5 == 0:
            (one, other), place, thing = draw.sample(名, 2), draw.choice(地), draw.choice(物)
        sentences = [
            f"{one}一大早就到{place}去了。",
            f"{other}把{thing}忘在那里，谁也不知道为什么。",
            f"天气{draw.choice(('很冷', '很热', '不错'))}，他们在{place}旁边等着。",
            f"最后{other}拿起{thing}，交给了{one}。",
        ]
        paragraphs.append("".join(draw.sample(sentences, draw.randint(2, 4))))
    return paragraphs


def verse(draw) -> str:
    ends = draw.choice((("night", "light"), ("day", "away"), ("stone", "alone"), ("sea", "free")))
    begin = draw.choice(("The road is long", "I heard the bell", "We came by boat", "The wind was low", "A bird flew up"))
    return f"{begin} and lost in the {ends[0]},\n{draw.choice(('no word', 'no star', 'one voice'))} was left of all the {ends[1]}"


def stanza(draw) -> str:
    return verse(draw) + ";\n" + verse(draw) + "."


def review(draw) -> str:
    return f"{draw.choice(REASONS)}. This {draw.choice(PRODUCTS)} {draw.choice(VERDICTS)}! {draw.choice(REASONS)}. Bought it in {draw.randint(1, 12)}/2024."


def chinese_review(draw) -> str:
    return f"{draw.choice(因)}。这个{draw.choice(货)}{draw.choice(评)}！{draw.choice(因)}，{draw.randint(1, 31)}号收到的。"


def message(draw) -> str:
    begin = draw.choice(("hey", "ok cool", "wait. what", "no way!! really", "lol", "see you there. bye"))
    return f"{begin} {draw.choice(('the', 'that', 'my'))} {draw.choice(PRODUCTS)} {draw.choice(VERDICTS)}. {draw.choice(('ttyl', 'thx', 'call me', 'np :)'))}"


def tokenized(draw) -> str:
    parts = [
        f"{draw.choice(PEOPLE)} , the {draw.choice(THINGS)} maker of the {draw.choice(PLACES)} ,"
        for _ in range(draw.randint(1, 4))
    ]
    return " ".join(parts) + f" said on Monday that the {draw.choice(PRODUCTS)} {draw.choice(VERDICTS)} ."


def as_csv(rows) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def speech(draw) -> str:
    return f"{draw.choice(PEOPLE[:5]).upper()}.\n" + "\n".join(verse(draw).split("\n")[: draw.randint(1, 2)])


def speech_behind_a_colon(draw) -> str:
    return f"{draw.choice(('First Citizen', 'All', 'MENENIUS', 'Messenger'))}:\n{verse(draw)}, my lord."


def chinese_speech(draw) -> str:
    return f"{draw.choice(('周冲', '鲁侍萍', '繁漪'))}：\n{draw.choice(因)}，{draw.choice(评)}。\n你去{draw.choice(地)}看看{draw.choice(物)}。"


def talk(draw) -> str:
    return "\n".join(f"{name}: {draw.choice(REASONS)}{draw.choice('.?!')}" for name in draw.choices("AB", k=4))


def question(draw) -> str:
    return f"Q: Where is the {draw.choice(THINGS)} of {draw.choice(PEOPLE)}?\nA: It lies in the {draw.choice(PLACES)}, behind the {draw.choice(PLACES)}, where {draw.choice(PEOPLE)} left it in the evening of that day."


def chinese_question(draw) -> str:
    return f"问：{draw.choice(名)}的{draw.choice(物)}在哪里？\n答：在{draw.choice(地)}。"


def tagged(draw) -> str:
    return "\n".join(f"{number}\t{draw.choice(PLACES)}\tNOUN" for number in range(1, draw.randint(4, 9)))


def javascript(draw) -> str:
    name = draw.choice(THINGS)
    return f"function {name}(a, b) {{\n  const {name} = a + b;\n  return {name} * 2;\n}}"


def go(draw) -> str:
    name = draw.choice(PEOPLE)
    return f"func {name}(x int) int {{\n\tif x > {draw.randint(1, 9)} {{\n\t\treturn x\n\t}}\n\treturn {name}(x + 1)\n}}"


def ruby(draw) -> str:
    return f"def {draw.choice(THINGS)}(list)\n  list.each do |x|\n    puts x.{draw.choice(PLACES)}(1)\n  end\nend"


def css(draw) -> str:
    return f".{draw.choice(THINGS)} {{\n  color: #{draw.randint(100, 999)};\n  margin: 0 auto;\n}}"


def python(draw) -> str:
    return f"def {draw.choice(THINGS)}(x):\n    y = x + {draw.randint(1, 9)}\n    return [y, x]"


KIND_OF = {
    # stream
    "one paragraph": ("stream", STORY),
    "paragraphs between blank lines": ("stream", "\n\n".join([STORY] * 20)),
    "a paragraph a line": ("stream", "\n".join([STORY] * 20)),
    "a story, a paragraph a line": ("stream", "\n".join(english_paragraphs())),
    "a story between blank lines": ("stream", "\n\n".join(english_paragraphs())),
    "a story, broken at 64": ("stream", "\n\n".join(textwrap.fill(part * 2, 64) for part in english_paragraphs())),
    "broken at 72": ("stream", "\n\n".join([textwrap.fill(STORY * 2, 72)] * 10)),
    "broken at 40": ("stream", "\n\n".join([textwrap.fill(STORY * 2, 40)] * 10)),
    "broken, no blank lines": ("stream", textwrap.fill(STORY * 20, 72)),
    "Chinese paragraphs": ("stream", "\n".join([FABLE] * 20)),
    "Chinese story, a paragraph a line": ("stream", "\n".join(chinese_paragraphs())),
    "Chinese paragraphs between blank lines": ("stream", "\n\n".join([FABLE] * 20)),
    "Chinese novel": ("stream", "\n".join("　　" + FABLE[:length] for length in range(10, 60))),
    "Chinese, broken at 30": ("stream", "\n\n".join([every_few(FABLE * 2, 30)] * 10)),
    "Chinese talk": ("stream", "\n".join(["“你好。”他说。“今天去哪里？”", "他点了点头。然后走了。", FABLE] * 20)),
    "a novel's dialogue": ("stream", "\n".join(f"“{part}” said {name}. “And then?”" for part, name in zip(english_paragraphs(), PEOPLE * 4, strict=False))),
    "a program": ("stream", Path(textwrap.__file__).read_text()),
    "Python": ("stream", "\n\n\n".join(made(python))),
    "JavaScript": ("stream", "\n\n".join(made(javascript))),
    "Go": ("stream", "\n\n".join(made(go))),
    "Ruby": ("stream", "\n\n".join(made(ruby))),
    "CSS": ("stream", "\n\n".join(made(css))),
    "Markdown": ("stream", "\n\n".join(["# Title", STORY, "- one\n- two", STORY] * 5)),
    "a play, names alone": ("stream", "\n\n".join(made(speech))),
    "a play, names and colons": ("stream", "\n\n".join(made(speech_behind_a_colon))),
    "a Chinese play": ("stream", "\n\n".join(made(chinese_speech))),
    "five lines": ("stream", "one\ntwo\nthree\nfour\nfive"),
    # lines
    "names": ("lines", "\n".join(["Anna", "Ben", "Carla", "Dora"] * 10)),
    "Chinese names": ("lines", "\n".join(["王小明", "李华", "张伟", "陈静怡"] * 10)),
    "sentences": (
        "lines",
        "\n".join(["The cat sat on the mat.", "A dog runs home.", "Where is the old fish market today?"] * 10),
    ),
    "Chinese sentences": ("lines", "\n".join(["小猫坐在垫子上。", "一只狗跑回家了。", "老鱼市今天在哪里？"] * 10)),
    "sentences without marks": ("lines", words((4, 10), "the cat dog sees river old house near walks slowly and", " ")),
    "Chinese headlines": ("lines", words((8, 12), "今天 天气 很 好 我们 去 公园 散步 看见 一只 小猫", "")),
    "long sentences of a treebank": ("lines", "\n".join(made(tokenized))),
    "messages": ("lines", "\n".join(made(message))),
    "messages with the time": ("lines", "\n".join(f"[{i // 60:02}:{i % 60:02}] {line}" for i, line in enumerate(made(message)))),
    "reviews": ("lines", "\n".join(made(review))),
    "Chinese reviews": ("lines", "\n".join(made(chinese_review))),
    "reviews behind a label": ("lines", "\n".join(f"__label__{1 + i * 2 // 120} {line}" for i, line in enumerate(made(review)))),
    "Chinese reviews, a label behind": ("lines", "\n".join(f"{line} {'好评' if i % 3 else '差评'}" for i, line in enumerate(made(chinese_review)))),
    "a table of messages": ("lines", as_csv([("id", "name", "text")] + [(i, PEOPLE[i % 16], line) for i, line in enumerate(made(message))])),
    "a table sorted by its label": ("lines", as_csv((1 + i // 40, line) for i, line in enumerate(made(review)))),
    "objects": ("lines", "\n".join(json.dumps({"text": line, "stars": i % 5}) for i, line in enumerate(made(review)))),
    "pairs": ("lines", "\n".join(["the cat\t猫", "a dog = 一只狗", "the old house\t老房子"] * 10)),
    "pairs of sentences": ("lines", "\n".join(f"{one}\t{other}" for one, other in zip(made(review), made(chinese_review), strict=True))),
    "a table": ("lines", "\n".join(["name,age,city", "Anna,12,Berlin", "Ben,13,Paris"] * 10)),
    "a vocabulary": ("lines", "\n".join(f"the {draw.choice(THINGS)} {n} = {draw.choice(物)}" for draw in [random.Random(5)] for n in range(60))),
    "a Chinese vocabulary": ("lines", "\n".join(f"{draw.choice(物)}{draw.choice(货)}：{draw.choice(THINGS)}" for draw in [random.Random(5)] for _ in range(60))),
    "sums": ("lines", "\n".join(f"{n}+{7 * n % 50}={n + 7 * n % 50}" for n in range(99))),
    "molecules": ("lines", "\n".join(made(lambda draw: "".join(draw.choices(("C", "C(=O)", "N", "c1ccccc1", "[O-]", "(Cl)"), k=draw.randint(3, 9)))))),
    "a log": ("lines", "\n".join(f"2024-03-{1 + i // 40:02} 12:{i % 60:02}:01 INFO {line}" for i, line in enumerate(made(review)))),
    "openings of chess": ("lines", "\n".join(made(lambda draw: f"1. {draw.choice('ed')}4 {draw.choice(('e5', 'c5', 'd5'))} 2. Nf3 N{draw.choice('cf')}6 3. {draw.choice('BNQ')}{draw.choice('abcdefgh')}{draw.randint(2, 6)}"))),
    "proverbs": ("lines", "\n".join(made(lambda draw: f"{draw.choice(('No', 'Every'))} {draw.choice(THINGS)} without its {draw.choice(PLACES)}."))),
    "verse without blank lines": ("lines", "\n".join(made(verse))),
    # blocks
    "poems": ("blocks", "\n\n".join([POEM] * 6)),
    "stanzas": ("blocks", "\n\n".join(made(stanza))),
    "indented stanzas": ("blocks", "\n\n".join(part.replace("\n", "\n    ") for part in made(stanza))),
    "Chinese songs": ("blocks", "\n\n".join([SONG] * 6)),
    "Chinese poems with title and poet": ("blocks", "\n\n".join(made(lambda draw: f"{draw.choice(地)}{draw.choice(物)}\n{draw.choice(名)}\n{draw.choice(因)}，{draw.choice(评)}。\n{draw.choice(因)}，{draw.choice(评)}。"))),
    "poems without marks": ("blocks", "\n\n".join(["风从窗口进来\n带着海的味道\n我坐着\n想起去年的夏天"] * 6)),
    "talks": ("blocks", "\n\n".join(["A: Hello!\nB: Hi, how are you?\nA: Fine, thanks."] * 6)),
    "different talks": ("blocks", "\n\n".join(made(talk))),
    "Chinese talks": ("blocks", "\n\n".join(["甲：你好！\n乙：你好，最近怎么样？\n甲：很好，谢谢。"] * 6)),
    "questions with long answers": ("blocks", "\n\n".join(made(question))),
    "Chinese questions": ("blocks", "\n\n".join(made(chinese_question))),
    "records": ("blocks", "\n\n".join(["name: Anna\nage: 12\ncity: Berlin"] * 6)),
    "tagged sentences": ("blocks", "\n\n".join(made(tagged))),
}  # fmt: skip
