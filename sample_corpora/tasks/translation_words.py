"""The words of `translation`, and by hand which of them go together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """third: takes a verb with -s."""

    chinese: str
    third: bool = False


@dataclass(frozen=True)
class Noun:
    plural: str
    chinese: str
    measure: str
    adjectives: str


@dataclass(frozen=True)
class Verb:
    """nouns: what it is done to; often: every week or month; where it is "", the verb is not said so."""

    past: str
    third: str
    chinese: str
    nouns: str
    often: str
    places: tuple[str, ...]


SUBJECTS = {
    "I": Subject("我"),
    "you": Subject("你"),
    "we": Subject("我们"),
    "they": Subject("他们"),
    "he": Subject("他", third=True),
    "she": Subject("她", third=True),
    "the teacher": Subject("老师", third=True),
    "the doctor": Subject("医生", third=True),
    "the students": Subject("学生们"),
    "the children": Subject("孩子们"),
    "my mother": Subject("我妈妈", third=True),
    "my father": Subject("我爸爸", third=True),
    "my friend": Subject("我朋友", third=True),
    "my mother and I": Subject("我和妈妈"),
}
DETERMINERS = {"a": "一", "two": "两", "three": "三", "this": "这", "that": "那"}
ADJECTIVES = {
    "new": "新的",
    "old": "旧的",
    "big": "很大的",
    "small": "很小的",
    "red": "红色的",
    "black": "黑色的",
    "beautiful": "漂亮的",
}
COLOURED = "new old red black beautiful"
PAPER = "new old big small beautiful"
NOUNS = {  # of two characters and more, which word segmentation keeps together
    "dictionary": Noun("dictionaries", "字典", "本", "new old big small red black"),
    "magazine": Noun("magazines", "杂志", "本", PAPER),
    "pencil": Noun("pencils", "铅笔", "支", "new old red black"),
    "brush": Noun("brushes", "毛笔", "支", "new old big small black"),
    "chair": Noun("chairs", "椅子", "把", COLOURED + " big small"),
    "umbrella": Noun("umbrellas", "雨伞", "把", COLOURED + " big small"),
    "table": Noun("tables", "桌子", "张", "new old big small black beautiful"),
    "map": Noun("maps", "地图", "张", PAPER),
    "photo": Noun("photos", "照片", "张", PAPER),
    "coat": Noun("coats", "大衣", "件", COLOURED),
    "shirt": Noun("shirts", "衬衫", "件", COLOURED),
    "bike": Noun("bikes", "自行车", "辆", COLOURED),
    "car": Noun("cars", "汽车", "辆", COLOURED),
    "cup": Noun("cups", "杯子", "个", COLOURED + " big small"),
    "schoolbag": Noun("schoolbags", "书包", "个", COLOURED + " big small"),
    "lamp": Noun("lamps", "台灯", "盏", "new old big small beautiful"),
    "hat": Noun("hats", "帽子", "顶", COLOURED),
    "kitten": Noun("kittens", "小猫", "只", "black beautiful"),
    "puppy": Noun("puppies", "小狗", "只", "black beautiful"),
    "goldfish": Noun("goldfish", "金鱼", "条", "big small red black beautiful"),
    "scarf": Noun("scarves", "围巾", "条", COLOURED),
    "rose": Noun("roses", "玫瑰", "朵", "big red beautiful"),
}
PLACES = {
    "at home": "在家",
    "at school": "在学校",
    "at the market": "在市场",
    "in the shop": "在商店",
    "in the park": "在公园",
    "by the river": "在河边",
}
TIMES = {
    "past": {"yesterday": "昨天", "last week": "上个星期"},
    "future": {"tomorrow": "明天", "next week": "下个星期"},
    "habit": {"every week": "每个星期", "every month": "每个月"},
}
ALL = " ".join(NOUNS)
SEEN = " ".join(noun for noun in NOUNS if noun not in ("photo", "map"))
REPAIRED = "chair umbrella table bike car lamp"
CLOTHES = "coat shirt hat scarf"
VERBS = {
    "buy": Verb("bought", "buys", "买", ALL, "magazine pencil rose", ("at the market", "in the shop")),
    "sell": Verb(
        "sold",
        "sells",
        "卖",
        ALL,
        "magazine pencil cup rose goldfish photo map hat scarf",
        ("at the market", "by the river", "in the park"),
    ),
    "photograph": Verb(
        "photographed", "photographs", "拍摄", SEEN, SEEN, ("at home", "at school", "in the park", "by the river")
    ),
    "look for": Verb("looked for", "looks for", "找", ALL, "", ("at home", "at school", "in the shop", "in the park")),
    "choose": Verb("chose", "chooses", "挑选", ALL, "", ("at the market", "in the shop")),
    "borrow": Verb(
        "borrowed",
        "borrows",
        "借",
        f"dictionary magazine pencil brush chair umbrella table map bike car {CLOTHES}",
        "",
        ("at school",),
    ),
    "wash": Verb(
        "washed", "washes", "洗", f"{CLOTHES} brush cup schoolbag bike car", f"{CLOTHES} cup", ("at home", "by the river")
    ),
    "repair": Verb("repaired", "repairs", "修理", REPAIRED, REPAIRED, ("at home", "at school", "in the shop")),
}
