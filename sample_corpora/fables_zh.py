"""Fables in Chinese, one sentence a line: first the handwritten ones of `fables_zh.txt`, then 1,420 put together from the plots below.

They are sisters of the English ones, not translations. The plots keep to a small set of characters; each animal and thing has its
measure word, and whatever a story has said holds to its end.
"""

import random
from functools import lru_cache

from sample_corpora.storyteller import Plot, collection, fill, handwritten

CONTEXT = "从前有一只小"  # the measure word 只 has already ruled out the ox, the elephant and the horse
STORIES = 1_420
SEED = 1

NAMES = ["豆豆", "米米", "圆圆", "点点", "冬冬", "乐乐"]
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
NAMED = {
    "call": "{name}",
    "hero": "一{measure}叫{name}的{animal}",
    "start": "[从前有{hero}|从前有一{measure}{animal}，名叫{name}|{home}住着一{measure}{animal}，名叫{name}]。",
}
UNNAMED = {
    "call": "{animal}",
    "hero": "一{measure}{animal}",
    "start": "[从前有{hero}|从前有{hero}，住在{home}|{home}住着{hero}]。",
}
FRUIT = [{"fruit": "苹果"}, {"fruit": "梨"}, {"fruit": "桃子"}, {"fruit": "核桃"}]

GREED = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 老鼠 熊 羊 牛 马 象", "other": "兔子 老鼠 松鼠 刺猬 乌龟 鸭子 羊"},
    facts=FRUIT,
    text="""[{start}
[一天早上|秋天]，{call}|[一天早上|秋天]，{hero}|{hero}]找到了一棵结满{fruit}的树。
它把{fruit}[全|都]装进了袋子里。
{one_other}[走过来|看见了，]问：“[能给我一个吗|给我一个，好吗]？”
“不行，”{call}说，“[都是我的|一个也不能给]。”
走到桥上，袋子破了，{fruit}[都|全]掉进了河里。
[晚上，{other}来了，手里拿着两个{fruit}。
[“一个给你，一个给我。”它说。|“我们一人一个。”它说。|]|\
“要是给了它一个就好了。”{call}想。|\
{call}站在桥上，手里只有一个空袋子。]""",
)

HELP = Plot(
    cast={"animal": "狐狸 兔子 刺猬 熊 羊 牛 马"},
    facts=[
        {
            "other": "鸟",
            "trouble": "被树枝夹住了",
            "rescue": "轻轻拉开了树枝",
            "loss": "[冬天|那年冬天]，{call}在大雪里迷了路",
            "back": "飞在前面，带它回了家",
        },
        {
            "other": "乌龟",
            "trouble": "翻倒在路边",
            "rescue": "把它翻了过来",
            "loss": "[有一天|夏天]，{call}的钥匙掉进了[河|湖]里",
            "back": "游下去，把钥匙找了回来",
        },
        {
            "other": "鸭子",
            "trouble": "被冰冻住了",
            "rescue": "用石头敲开了冰",
            "loss": "[有一天|夏天]，{call}的钥匙掉进了[河|湖]里",
            "back": "游下去，把钥匙找了回来",
        },
        {
            "other": "老鼠",
            "trouble": "掉进了洞里",
            "rescue": "放下了一根树枝",
            "loss": "[有一天|夏天]，{call}的钥匙掉进了一个小洞里",
            "back": "钻进去，把钥匙找了回来",
        },
    ],
    text="""[{start}
一天[早上|]，{call}|一天[早上|]，{hero}|{hero}]看见{one_other}{trouble}。
“[请帮帮我|帮帮我吧]！”{other}说。
{call}{rescue}。
[“谢谢你，以后我也会帮你。”{other}说。|“没什么。”{call}说，[很快就忘了|说完就走了]。|]
{loss}。
{other}{back}。
[“你怎么来了？”{call}问。
“那天你也来了。”{other}说。|\
“现在我不欠你了。”{other}说。
“不，”{call}说，“现在我们是朋友了。”|\
{call}忘了那一天，{other}没有忘。]""",
)

PATIENCE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 熊 羊 牛 马", "other": "兔子 鸭子 羊 鸟 狐狸 青蛙"},
    facts=FRUIT,
    text="""[{start}
春天，{call}|春天，{hero}|{hero}]在[门前|屋子后面]种了一颗种子。
[很多天过去了|一天又一天]，[地里|那里]什么也没有。
“它不会长[出来|]了。”{one_other}说。
“它还在睡。”{call}说，又给它浇了[一点|]水。
[下过雨以后|一天早上]，那里长出了一片绿叶子。
三年以后，树上结满了{fruit}。
[“你做了什么？”{other}问。
“我等它。”{call}说。|\
{call}把第一个{fruit}给了{other}。|\
{other}坐在树下，什么也没说。]""",
)

HASTE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 熊 羊 牛 马", "other": "兔子 鸭子 羊 鸟 乌龟 青蛙"},
    text="""[{start}
春天，{call}|春天，{hero}|{hero}]在[门前|屋子后面]种了一颗种子。
它[每天|每天早上]都把种子挖出来看一看。
[{one_other}说：“让它睡吧。”|“让它睡吧。”{one_other}说。]可是{call}等不了。
[很快|没过几天]，种子就干了。
第二年春天，{call}又种了一颗，这一次只浇水，不挖了。
[下过雨以后|一天早上]，那里长出了一片绿叶子。
[“原来它不用我看。”{call}说。|\
“我什么也没做。”{call}说。
“你等它了。”{other}说。|\
{call}在叶子旁边坐了一天。]""",
)

PRIDE = Plot(
    cast={"other": "乌龟 老鼠 鸭子 刺猬 象"},
    facts=[
        {"animal": "兔子", "run": "跑", "fast": "快", "place": "洞里"},
        {"animal": "马", "run": "跑", "fast": "快", "place": "河里"},
        {"animal": "青蛙", "run": "跳", "fast": "远", "place": "洞里"},
        {"animal": "松鼠", "run": "跳", "fast": "远", "place": "河里"},
        {"animal": "羊", "run": "跳", "fast": "高", "place": "洞里"},
    ],
    text="""[{start}
它[每天都|常常]说|{hero}[每天都|常常]说]：“谁也没有我{run}得{fast}。”
[{one_other}听了，[只是笑了笑|什么也没说]。|“[我们看一看|真的吗]？”{one_other}问。]
[一天|有一天]，大家都来看它{run}。
{call}一边{run}一边回头看大家，[一下子|]掉进了{place}。
[大家都笑了，只有|][{other}走过来，伸出|{other}伸出]一根树枝，把它拉了上来。
[“你{run}得真{fast}，”{other}说，“可是路在前面。”|\
“谢谢你。”{call}轻轻地说。|\
“你看见我{run}了吗？”{call}问。
“我看见你掉下去了。”{other}说。|\
后来{call}还是{run}得很{fast}，可是不回头了。]""",
)

SHARE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 老鼠 熊 羊", "other": "兔子 老鼠 鸟 鸭子 羊 松鼠 狐狸"},
    facts=FRUIT[:3],
    text="""[{start}
[冬天很冷|那年冬天很冷]，{call}只剩下一个{fruit}。|那年冬天很冷，{hero}只剩下一个{fruit}。]
[一天晚上|下雪的晚上]，{one_other}来敲门。
[“我很[饿|冷]。”{other}说。|“能让我进来吗？”{other}问。]
[“快进来。”{call}说着，|{call}想了想，]把[{fruit}分成了两半|一半{fruit}给了{other}]。
它们坐在火边慢慢地吃，外面下着大雪。
[“半个{fruit}不多，”{call}说，“可是夜不长了。”|\
春天，{other}带来了一袋{fruit}。|\
{call}从来没有吃过这么好吃的{fruit}。]""",
)

RACE = Plot(
    cast={"animal": "狐狸 兔子 羊 牛 马 象", "other": "狐狸 兔子 羊 熊 马"},
    facts=[
        {"third": "老鼠", "trouble": "掉进了洞里", "rescue": "放下了一根树枝"},
        {"third": "青蛙", "trouble": "掉进了洞里", "rescue": "放下了一根树枝"},
        {"third": "鸟", "trouble": "被树枝夹住了", "rescue": "轻轻拉开了树枝"},
        {"third": "乌龟", "trouble": "翻倒在路边", "rescue": "把它翻了过来"},
    ],
    text="""[{start}
一天[早上|]，{call}|一天[早上|]，{hero}|{hero}]和{one_other}比谁先跑到[湖边|桥边|山下]。
路上，{one_third}{trouble}。
[“来不及了。”{other}说着跑了过去。
{call}停下来，{rescue}。|\
{other}没有停，{call}停了下来，{rescue}。]
{other}跑了第一，可是[谁也没看见|那里谁也没有]。
[{call}最后才到，身边多了一个朋友。|\
“谁跑了第一？”{third}问。
“我忘了看。”{call}说。]""",
)

FLOOD = Plot(
    cast={"animal": "狐狸 兔子 刺猬 老鼠 熊 羊 牛", "other": "兔子 鸭子 羊 鸟 狐狸", "third": "老鼠 熊 乌龟 松鼠 象"},
    text="""[{start}
[一天|春天]，大水冲走了[桥|河上的桥]。
{call}|[大雨过后|春天]，大水冲走了河上的桥。
{hero}]把一块[大|]石头放进了河里。
“一块石头不是桥。”{one_other}说。
“[我知道|这是第一块]。”{call}说，又搬[来了|来]一块。
[第二天|后来]，{other}也搬来了一块[，{one_third}搬来了两块|]。
[到了夏天|夏天]，大家从石头上走过了河。
[“现在是桥了。”{other}说。|\
谁也不[知道|记得]哪一块是第一块。|\
“哪一块是我的？”{other}问。
“每一块都是。”{call}说。]""",
)

STORE = Plot(
    cast={"animal": "狐狸 兔子 松鼠 刺猬 老鼠 熊", "other": "兔子 老鼠 鸟 鸭子 松鼠 羊"},
    facts=FRUIT,
    text="""[{start}
秋天，{call}|秋天，{hero}|{hero}]在[树林里|山上|草地上]藏了很多{fruit}。
[一天|有一天]，{one_other}饿了，{call}给了它两个。
后来下雪了，[哪里|每个地方]都是白的。
{call}[挖了这里挖那里|到处挖]，什么也没找到。
“我记得那个地方，”{other}说，“你在那里给过我两个。”
[它们一起挖，很快就找到了。|]
[“以后我把每个地方都告诉你。”{call}说。|\
大雪能藏住{fruit}，可是藏不住朋友。|\
那天晚上，它们坐在火边一起吃{fruit}。]""",
)

FEAR = Plot(
    cast={"animal": "狐狸 兔子 松鼠 熊 羊 牛 象", "other": "老鼠 鸭子 青蛙 鸟 刺猬"},
    text="""[{start}
一天夜里，{call}|一天夜里，{hero}|{hero}夜里]听见[门外|屋子后面]有声音。
“是狼！”它想，[一下子|]躲到了床下。
声音[没有停|又响了]。
最后，它拿着灯打开了门。
原来是{one_other}，[冷得|饿得]睡不着。
“我以为你是狼。”{call}说。
“我以为你是狼。”{other}说。
[它们坐在灯下，等到了天亮。|后来，狼再也没有来过。|“有你在，夜就不黑了。”{call}说。]""",
)

HONESTY = Plot(
    cast={"animal": "狐狸 兔子 松鼠 老鼠 熊 羊 马", "other": "熊 羊 鸭子 乌龟 牛 刺猬"},
    facts=[
        {"thing": "伞", "a": "把", "broke": "被大风吹破了"},
        {"thing": "灯", "a": "盏", "broke": "掉在石头上，破了"},
        {"thing": "杯子", "a": "个", "broke": "掉在石头上，破了"},
    ],
    text="""[{start}
一天，{call}|一天，{hero}|{hero}]向{one_other}借了一{a}{thing}。
回家的路上，{thing}{broke}。
{call}把{thing}藏在树下，[什么也没说|谁也不告诉]，可是夜里睡不着。
第二天，它[对{other}说：|去敲{other}的门：]“我把你的{thing}弄破了。”
“我知道，”{other}说，“我在等你，不是等{thing}。”
[它们一起把{thing}修好了。|\
{thing}修好了，它们更喜欢这{a}{thing}了。|\
那天夜里，{call}睡得很好。]""",
)

PLOTS = [GREED, HELP, PATIENCE, HASTE, PRIDE, SHARE, RACE, FLOOD, STORE, FEAR, HONESTY]


def tell(numbers: random.Random) -> str:
    """One story: a plot and its cast; in half of the stories the hero has a name."""
    plot = numbers.choice(PLOTS)
    roles = plot.roles(numbers)
    hero = roles["animal"]
    for role in {"animal", "other", "third"} & roles.keys():
        animal = roles[role]
        roles |= {role: f"小{animal}", f"one_{role}": f"一{MEASURES[animal]}小{animal}"}
    own = {"name": numbers.choice(NAMES), "home": HOMES[hero], "measure": MEASURES[hero]}
    return fill(plot.text, {**roles, **numbers.choice([NAMED, UNNAMED]), **own}, numbers)


@lru_cache(maxsize=1)
def text() -> str:
    """About 500 kB, the same every time."""
    return collection(handwritten("fables_zh.txt"), tell, STORIES, SEED)
