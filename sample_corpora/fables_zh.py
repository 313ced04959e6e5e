"""Fables in Chinese, one sentence a line: first the handwritten ones of `fables_zh.txt`, then 1,630 put together from the plots below.

They are sisters of the English ones, not translations. The plots keep to a small set of characters; each animal and thing has its
measure word, and whatever a story has said holds to its end.
"""

import random
from functools import lru_cache

from sample_corpora.storyteller import Plot, collection, fill, handwritten

CONTEXT = "从前有一只小"  # the measure word 只 has already ruled out the ox, the elephant and the horse
STORIES = 1_630
SEED = 1

NAMES = ["豆豆", "米米", "圆圆"]  # few: a small model can learn to remember which it was
MEASURES = {
    **dict.fromkeys(["狐狸", "兔子", "松鼠", "刺猬", "老鼠", "熊", "羊", "青蛙", "乌龟", "鸭子", "鸟"], "只"),
    **dict.fromkeys(["牛", "象"], "头"),
    "马": "匹",
}
HOMES = {
    "狐狸": "[树林里|山下|河边]",
    "兔子": "[树林里|山下|草地上]",
    "松鼠": "[树林里|山上|湖边]",
    "刺猬": "[树林里|草地上|桥边]",
    "老鼠": "[山下|草地上|桥边]",
    "熊": "[树林里|山上|山下]",
    "羊": "[山上|草地上|河边]",
    "牛": "[山下|草地上|河边]",
    "马": "[山下|草地上|湖边]",
    "象": "[树林里|河边|湖边]",
    "青蛙": "[河边|湖边|桥下]",
}
OPENINGS = {
    "hero": "一{measure}叫{name}的{animal}",
    "start": "[从前有{hero}|从前有一{measure}{animal}，名叫{name}|{home}住着一{measure}{animal}，名叫{name}]。",
}
FRUIT = [{"fruit": "苹果"}, {"fruit": "梨"}, {"fruit": "桃子"}, {"fruit": "核桃"}]

GREED = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 老鼠 熊 羊 牛 马 象", "other": "老鼠 鸭子 羊"},
    facts=FRUIT,
    text="""[{start}
[一天早上|秋天]，{name}|[一天早上|秋天]，{hero}|{hero}]找到了一棵结满{fruit}的树。
{one_other}[走过来|看见了，]问：“[能给我一个吗|给我一个，好吗]？”
“不行，”{name}说，“[都是我的|一个也不能给]。”
走到桥上，袋子破了，{fruit}[都|全]掉进了河里。
[晚上，{other}拿着两个{fruit}来了，[分给|给]{name}一个。|\
“要是给了它一个就好了。”{name}想。|\
{name}手里只有一个空袋子。]""",
)

HELP = Plot(
    cast={"animal": "狐狸 兔子 刺猬 熊 羊 牛 马"},
    facts=[
        {
            "other": "鸟",
            "trouble": "被树枝夹住了",
            "rescue": "轻轻拉开了树枝",
            "loss": "[冬天|那年冬天]，{name}在大雪里迷了路",
            "back": "飞在前面，带它回了家",
        },
        {
            "other": "乌龟",
            "trouble": "翻倒在路边",
            "rescue": "把它翻了过来",
            "loss": "[有一天|夏天]，{name}的钥匙掉进了[河|湖]里",
            "back": "游下去，把钥匙找了回来",
        },
        {
            "other": "鸭子",
            "trouble": "被冰冻住了",
            "rescue": "用石头敲开了冰",
            "loss": "[有一天|夏天]，{name}的钥匙掉进了[河|湖]里",
            "back": "游下去，把钥匙找了回来",
        },
        {
            "other": "老鼠",
            "trouble": "掉进了洞里",
            "rescue": "放下了一根树枝",
            "loss": "[有一天|夏天]，{name}的钥匙掉进了一个小洞里",
            "back": "钻进去，把钥匙找了回来",
        },
    ],
    text="""[{start}
一天[早上|]，{name}|一天[早上|]，{hero}|{hero}]看见{one_other}{trouble}。
[“[请帮帮我|帮帮我吧]！”{other}说。|]
{name}{rescue}[。|，说完“没什么”就走了。]
{loss}。
{other}{back}。
[“你怎么来了？”{name}问。
“那天你也来了。”{other}说。|\
“现在我不欠你了。”{other}说。
“不，”{name}说，“现在我们是朋友了。”|\
{name}忘了那一天，{other}没有忘。]""",
)

PATIENCE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 熊 羊 牛 马", "other": "鸭子 羊 鸟"},
    facts=FRUIT,
    text="""[{start}
春天，{name}|春天，{hero}|{hero}]在[门前|屋子后面]种了一颗种子。
“[它不会长[出来|]了|地里什么也没有]。”{one_other}说。
“它还在睡。”{name}说，又给它浇了[一点|]水。
[两|三]年以后，树上结满了{fruit}。
[“你做了什么？”{other}问。
“我等它。”{name}说。|\
{name}把第一个{fruit}给了{other}。|\
{other}坐在树下，什么也没说。]""",
)

HASTE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 熊 羊 牛 马", "other": "鸭子 羊 乌龟"},
    text="""[{start}
春天，{name}|春天，{hero}|{hero}]在[门前|屋子后面]种了一颗种子。
{name}[每天|每天早上]都把种子挖出来看一看。
“让它睡吧。”{one_other}说，可是[很快|没过几天]种子就干了。
{name}又种了一颗，这一次只浇水，不挖了。
[下过雨以后|一天早上]，[那里|地里]长出了一片绿叶子。
[“原来它不用我看。”{name}说。|\
“我什么也没做。”{name}说。
“你等它了。”{other}说。|\
{name}在叶子旁边坐了一天。]""",
)

PRIDE = Plot(
    cast={"other": "乌龟 老鼠 象"},
    facts=[
        {"animal": "兔子", "run": "跑", "fast": "快", "place": "洞里"},
        {"animal": "马", "run": "跑", "fast": "快", "place": "河里"},
        {"animal": "青蛙", "run": "跳", "fast": "远", "place": "洞里"},
        {"animal": "松鼠", "run": "跳", "fast": "远", "place": "河里"},
        {"animal": "羊", "run": "跳", "fast": "高", "place": "洞里"},
    ],
    text="""[{start}
{name}[每天都|常常]说|{hero}[每天都|常常]说]：“谁也没有我{run}得{fast}。”
[{one_other}听了，[只是笑了笑|什么也没说]。|“[是吗|真的吗]？”{one_other}问。]
[一天|有一天]，{name}一边{run}一边回头看，掉进了{place}。
{other}[走过来，|]伸出一根树枝，把它拉了上来。
[“你{run}得真{fast}，”{other}说，“可是路在前面。”|\
“谢谢你。”{name}轻轻地说。|\
“你看见我{run}了吗？”{name}问。
“我看见你掉下去了。”{other}说。|\
后来{name}还是{run}得很{fast}，可是不回头了。]""",
)

SHARE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 老鼠 熊 羊", "other": "老鼠 鸟 羊"},
    facts=FRUIT[:3],
    text="""[{start}
[冬天很冷|那年冬天很冷]，{name}只剩下一个{fruit}。|那年冬天很冷，{hero}只剩下一个{fruit}。]
[一天晚上|下雪的晚上]，{one_other}来敲门。
[“我很[饿|冷]。”{other}说。|“能让我进来吗？”{other}问。]
[“快进来。”{name}说着，|{name}想了想，]把[{fruit}分成了两半|一半{fruit}给了{other}]。
[它们坐在火边慢慢地吃，外面下着大雪。|\
“半个{fruit}不多，”{name}说，“可是夜不长了。”|\
春天，{other}带来了一袋{fruit}。]""",
)

RACE = Plot(
    cast={"animal": "狐狸 兔子 羊 牛 马 象", "other": "羊 熊 马"},
    facts=[
        {"third": "老鼠", "trouble": "掉进了洞里", "rescue": "放下了一根树枝"},
        {"third": "青蛙", "trouble": "掉进了洞里", "rescue": "放下了一根树枝"},
        {"third": "鸟", "trouble": "被树枝夹住了", "rescue": "轻轻拉开了树枝"},
        {"third": "乌龟", "trouble": "翻倒在路边", "rescue": "把它翻了过来"},
    ],
    text="""[{start}
一天[早上|]，{name}|一天[早上|]，{hero}|{hero}]和{one_other}比谁先跑到[湖边|桥边|山下]。
路上，{one_third}{trouble}。
{other}没有停，{name}停[了|]下来，{rescue}。
{other}跑了第一，可是[谁也没看见|那里谁也没有]。
[{name}最后才到，身边多了一个朋友。|\
“谁跑了第一？”{third}问。
“我忘了看。”{name}说。]""",
)

FLOOD = Plot(
    cast={"animal": "狐狸 兔子 刺猬 老鼠 熊 羊 牛", "other": "兔子 鸭子 羊", "third": "乌龟 象"},
    text="""[{start}
[一天|春天]，大水冲走了[桥|河上的桥]。
{name}|[大雨过后|春天]，大水冲走了河上的桥。
{hero}]把一块[大|]石头放进了河里。
“一块石头不是桥。”{one_other}说。
“[我知道|这是第一块]。”{name}说，又搬来了一块。
[第二天|后来]，{other}也搬来了一块[，{one_third}搬来了两块|]。
[“现在是桥了。”{other}说。|\
[到了夏天|夏天]，大家从石头上走过了河。|\
“哪一块是我的？”{other}问。
“每一块都是。”{name}说。]""",
)

STORE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 老鼠 熊", "other": "老鼠 鸟 羊"},
    facts=FRUIT,
    text="""[{start}
秋天，{name}|秋天，{hero}|{hero}]在[树林里|山上|草地上]藏了很多{fruit}。
[一天|有一天]，{one_other}饿了，{name}给了它两个。
后来下雪了，{name}[到处挖|挖了又挖]，什么也没找到。
“我记得那个地方，”{other}说，“你在那里给过我两个。”
[“以后我把每个地方都告诉你。”{name}说。|\
大雪能藏住{fruit}，可是藏不住朋友。|\
那天晚上，它们坐在火边一起吃{fruit}。]""",
)

FEAR = Plot(
    cast={"animal": "狐狸 兔子 松鼠 熊 羊 牛 象", "other": "老鼠 鸭子 青蛙"},
    text="""[{start}
一天夜里，{name}|一天夜里，{hero}|{hero}夜里]听见[门外|屋子后面]有声音。
“是狼！”{name}想，[一下子|]躲到了床下。
最后它打开门，原来是{one_other}，[冷得|饿得]睡不着。
“我以为你是狼。”{name}说。
“我以为你是狼。”{other}说。
[它们坐在灯下，等到了天亮。|后来，狼再也没有来过。|“有你在，夜就不黑了。”{name}说。]""",
)

HONESTY = Plot(
    cast={"animal": "狐狸 兔子 松鼠 老鼠 熊 羊 马", "other": "羊 鸭子 牛"},
    facts=[
        {"thing": "伞", "a": "把", "broke": "被大风吹破了"},
        {"thing": "灯", "a": "盏", "broke": "掉在地上破了"},
        {"thing": "杯子", "a": "个", "broke": "掉在地上破了"},
    ],
    text="""[{start}
一天，{name}|一天，{hero}|{hero}]向{one_other}借了一{a}{thing}。
{thing}{broke}，{name}[什么也没说|谁也没告诉]，可是夜里睡不着。
第二天，{name}[对{other}说：|去敲{other}的门：]“我把你的{thing}弄破了。”
“我知道，”{other}说，“我在等你，不是等{thing}。”
[它们一起把{thing}修好了。|\
{thing}修好了，它们更喜欢这{a}{thing}了。|\
那天夜里，{name}睡得很好。]""",
)

PLOTS = [GREED, HELP, PATIENCE, HASTE, PRIDE, SHARE, RACE, FLOOD, STORE, FEAR, HONESTY]


def tell(numbers: random.Random) -> str:
    """One story: a plot, its cast, a name."""
    plot = numbers.choice(PLOTS)
    roles = plot.roles(numbers)
    hero = roles["animal"]
    for role in {"animal", "other", "third"} & roles.keys():
        animal = roles[role]
        roles |= {role: f"小{animal}", f"one_{role}": f"一{MEASURES[animal]}小{animal}"}
    own = {"name": numbers.choice(NAMES), "home": HOMES[hero], "measure": MEASURES[hero]}
    return fill(plot.text, {**roles, **OPENINGS, **own}, numbers)


@lru_cache(maxsize=1)
def text() -> str:
    """About 500 kB, the same every time."""
    return collection(handwritten("fables_zh.txt"), tell, STORIES, SEED)
