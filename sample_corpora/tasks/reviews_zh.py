"""Reviews in Chinese: `reviews` with these words. Each noun has only adjectives that are said of it."""

from functools import lru_cache

from sample_corpora.tasks.reviews import Reviews
from sample_corpora.tasks.task_corpus import Lines, TaskCorpus

RESTAURANT = {
    "汤": "好喝 鲜 香 新鲜 | 难喝 咸 凉 淡 油腻",
    "面包": "好吃 新鲜 香 松软 | 难吃 硬 干",
    "咖啡": "好喝 香 浓 | 难喝 苦 凉 淡",
    "蛋糕": "好吃 新鲜 香 松软 精致 | 难吃 干 油腻 腻",
    "鱼": "好吃 新鲜 嫩 鲜 香 | 难吃 腥 咸 油腻",
    "沙拉": "好吃 新鲜 清爽 精致 | 难吃 淡 油腻",
    "烤鸭": "好吃 香 嫩 | 难吃 油腻 咸 干 腻",
    "服务员": "热情 礼貌 耐心 细心 | 冷淡 粗鲁 马虎 敷衍",
    "上菜": "快 及时 | 慢",
    "露台": "漂亮 干净 安静 宽敞 舒服 | 脏 吵 挤 破旧",
    "餐具": "干净 漂亮 精致 | 脏 破旧",
}
HOTEL = {
    "房间": "干净 安静 明亮 宽敞 舒服 温馨 | 脏 吵 暗 挤 冷 破旧",
    "床": "舒服 干净 软 | 硬 脏 破旧",
    "浴室": "干净 明亮 宽敞 漂亮 | 脏 暗 挤 臭 破旧",
    "早餐": "好吃 新鲜 丰盛 精致 | 难吃 凉 单调 油腻",
    "前台": "热情 礼貌 耐心 细心 | 冷淡 粗鲁 马虎 敷衍",
    "大堂": "漂亮 干净 明亮 宽敞 温馨 安静 | 脏 吵 暗 挤 破旧",
    "花园": "漂亮 安静 干净 宽敞 | 脏 吵 挤 破旧",
    "泳池": "干净 漂亮 宽敞 | 脏 挤 冷 臭",
    "沙发": "舒服 干净 软 漂亮 | 硬 脏 破旧 臭",
    "窗帘": "漂亮 干净 精致 | 脏 破旧",
}
CINEMA = {
    "电影": "好看 感人 有趣 精彩 | 难看 无聊 沉闷 老套",
    "故事": "感人 有趣 精彩 新颖 生动 | 无聊 老套 混乱 沉闷",
    "结局": "感人 有趣 精彩 新颖 | 老套 混乱 无聊 生硬",
    "音乐": "好听 动听 感人 新颖 | 难听 吵 单调 沉闷",
    "表演": "生动 自然 精彩 感人 | 生硬 敷衍 单调 马虎",
    "对白": "有趣 自然 生动 精彩 | 无聊 生硬 老套 单调 混乱",
    "画面": "漂亮 好看 明亮 精致 生动 | 暗 难看 单调 混乱",
    "放映厅": "干净 宽敞 舒服 安静 | 脏 吵 挤 冷 破旧",
    "座椅": "舒服 软 干净 宽敞 | 硬 脏 挤 破旧",
    "检票员": "热情 礼貌 耐心 细心 | 冷淡 粗鲁 马虎 敷衍",
}
CHINESE = Reviews(
    settings=(RESTAURANT, HOTEL, CINEMA),
    degrees=("很", "非常", "特别", "挺"),
    negations=("不", "不太", "一点也不", "并不", "没那么"),
    known_negations=("不",),
    clause="{noun}{head}{adjective}",
    openers=("我们周末去的。", "第一次来。", "和朋友一起去的。", "我不常出门。", "以前没来过。", "离家不远。"),
    think="我觉得",
    do_not_think="我不觉得",
    both="{0}，{1}",
    contrasts=(("虽然{0}，但是{1}", 1), ("{0}，但是{1}", 1), ("{0}，不过{1}", 1), ("{0}，虽然{1}", 0)),
    answers=("差评", "好评"),
    held_out_pairs=frozenset(
        (noun, adjective)
        for noun, adjectives in {
            "汤": "新鲜 凉",
            "面包": "香 难吃",
            "咖啡": "好喝 淡",
            "蛋糕": "松软 油腻",
            "鱼": "香 咸",
            "沙拉": "精致 难吃",
            "烤鸭": "嫩 干",
            "服务员": "礼貌 马虎",
            "露台": "安静 挤",
            "餐具": "精致 破旧",
            "房间": "温馨 暗",
            "床": "干净 破旧",
            "浴室": "明亮 臭",
            "早餐": "新鲜 单调",
            "前台": "耐心 粗鲁",
            "大堂": "宽敞 吵",
            "花园": "漂亮 脏",
            "泳池": "宽敞 冷",
            "沙发": "软 硬",
            "电影": "有趣 老套",
            "故事": "精彩 沉闷",
            "结局": "新颖 混乱",
            "音乐": "感人 单调",
            "表演": "生动 敷衍",
            "对白": "自然 无聊",
            "画面": "好看 暗",
            "放映厅": "舒服 吵",
            "座椅": "宽敞 挤",
            "检票员": "细心 冷淡",
        }.items()
        for adjective in adjectives.split()
    ),
    never_negated=frozenset(["丰盛", "浓", "鲜", "动听", "清爽", "腥", "难喝", "生硬", "难听", "腻"]),
    gap="",
)


@lru_cache(maxsize=1)
def lines() -> Lines:
    """Return reviews with negated clauses."""
    return CHINESE.lines()


@lru_cache(maxsize=1)
def without_negation() -> Lines:
    """Return reviews in which 不 and 没 stand only where they negate no praise and no complaint."""
    return CHINESE.lines(negation=False)


TASKS = (
    TaskCorpus(
        id="reviews-zh",
        task="sentiment",
        language="zh",
        titles={"en": "Reviews, Chinese", "zh": "评论（中文）"},
        descriptions={
            "en": "4,000 Chinese reviews of restaurants, hotels and cinemas, of one or two clauses, written for this project (MIT). 不 and 没 "
            "turn a word round; with 但是, 不过 and 虽然, one clause decides.",
            "zh": "4,000 条餐馆、旅馆和电影院的中文短评，每条一两个分句，为本项目编写（MIT 许可证）。“不”和“没那么”会把意思反过来；"
            "有“但是”“不过”“虽然”时，由其中一个分句决定褒贬。",
        },
        held_out_rule={
            "en": "Held out: 58 pairs of a thing and an adjective (房间 with 温馨) and of each adjective one of the five negations, though each "
            "word is known from other lines. Ten adjectives are never negated at all.",
            "zh": "留出的是：58 对“事物＋形容词”的搭配（如“房间”与“温馨”），以及每个形容词五种否定说法中的一种；"
            "其中每个词都在别的训练行里出现过。另有十个形容词从不被否定。",
        },
        lines=lines,
        true_answer=CHINESE.true_answer,
        tokenizer="character",
        loss_on="answer",
    ),
    TaskCorpus(
        id="reviews-zh-no-negation",
        task="sentiment",
        language="zh",
        titles={"en": "Reviews without negation, Chinese", "zh": "没有否定句的评论（中文）"},
        descriptions={
            "en": "The same reviews, but no adjective is ever negated: 不 stands only in sentences such as 我不常出门. Written for this project "
            "(MIT). What does a model make of 不好吃 afterwards?",
            "zh": "同样的短评，但没有一个形容词被否定：“不”只出现在“我不常出门”这样的句子里。为本项目编写（MIT 许可证）。"
            "这样训练出来的模型会怎样看“不好吃”？",
        },
        held_out_rule={
            "en": "Held out: the same 58 pairs of a thing and an adjective; the experiment asks for negated adjectives.",
            "zh": "留出的是同样的 58 对“事物＋形容词”的搭配；实验则考被否定的形容词。",
        },
        lines=without_negation,
        true_answer=CHINESE.true_answer,
        tokenizer="character",
        loss_on="answer",
        variant_of="reviews-zh",
    ),
)
