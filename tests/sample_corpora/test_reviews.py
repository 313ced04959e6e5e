"""Reviews: sentiment worked out a second time, from words written down here, and no held-out pair among the training lines."""

import re

import pytest

from sample_corpora.tasks import TASKS
from sample_corpora.tasks.reviews_en import ENGLISH
from sample_corpora.tasks.reviews_zh import CHINESE

PRAISE = (
    "good tasty fresh warm crisp strong hot moist tender friendly polite quick helpful patient nice sunny quiet clean pretty bright cosy "
    "spacious comfortable soft modern gripping funny clever exciting lively touching original convincing witty"
)
COMPLAINT = (
    "bad salty cold watery bland stale dry weak bitter heavy limp soggy rude slow careless unfriendly grumpy dirty noisy crowded shabby "
    "dark cramped lumpy uncomfortable smelly dull boring silly predictable confusing loud wooden"
)
好 = (
    "好喝 鲜 香 新鲜 好吃 松软 浓 精致 嫩 清爽 热情 礼貌 耐心 细心 快 及时 漂亮 干净 安静 宽敞 舒服 明亮 温馨 软 丰盛 好看 感人 有趣 精彩 新颖 "
    "生动 好听 动听 自然"
)
坏 = (
    "难喝 咸 凉 淡 油腻 难吃 硬 干 苦 腻 腥 冷淡 粗鲁 马虎 敷衍 慢 脏 吵 挤 破旧 暗 冷 臭 单调 难看 无聊 沉闷 老套 混乱 生硬 难听"
)


def english_sentiment(review):
    main = review
    if " but " in review:
        main = review.split(" but ")[1]
    elif "although" in review:
        before, after = review.split("although ")
        main = before if before.endswith(", ") else after.split(" , ")[1]
    main = main.split(" . ")[-1]
    if main.endswith(" , "):
        main = main.removesuffix(" , ")
    verdicts = set()
    for clause in main.split(" and "):
        *_rest, adjective = clause.split()
        negations = len(re.findall(r"\bnot\b|wasn't|hardly|far from", clause))
        verdicts.add((adjective in PRAISE.split()) is (negations % 2 == 0))
        assert adjective in (PRAISE + " " + COMPLAINT).split()
    assert len(verdicts) == 1
    return "positive" if verdicts.pop() else "negative"


def chinese_sentiment(review):
    main = review.split("。")[-1]
    for word in ("但是", "不过"):
        main = main.split(word)[-1]
    main = main.split("，虽然")[0]
    verdicts = set()
    for clause in main.split("，"):
        adjective = max((word for word in f"{好} {坏}".split() if clause.endswith(word)), key=len)
        negated = len(re.findall("不|没", clause.removesuffix(adjective))) % 2 == 1
        verdicts.add((adjective in 好.split()) is not negated)
    assert len(verdicts) == 1
    return "好评" if verdicts.pop() else "差评"


@pytest.mark.parametrize("name", [name for name in TASKS if name.startswith("reviews")])
def test_a_second_reading_finds_the_same_sentiment(name):
    task = TASKS[name]
    second = english_sentiment if task.language == "en" else chinese_sentiment
    experiments = [pair for pairs in task.experiments().values() for pair in pairs]
    pairs = [*task.training(), *task.held_out(), *experiments]
    assert [(prompt, second(prompt)) for prompt, _answer in pairs] == pairs


@pytest.mark.parametrize("name", [name for name in TASKS if name.startswith("reviews")])
def test_both_answers_are_as_frequent(name):
    answers = [answer for _prompt, answer in TASKS[name].training()]
    assert all(abs(answers.count(answer) / len(answers) - 0.5) < 0.03 for answer in set(answers))


@pytest.mark.parametrize(("reviews", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
def test_nothing_held_out_is_said_in_training(reviews, language):
    text = TASKS[f"reviews-{language}"].text()
    heads = [*reviews.degrees, *reviews.negations]
    pairs = {(clause.noun, clause.adjective) for clauses in reviews.clauses for clause in clauses}
    assert pairs >= reviews.held_out_pairs
    assert {adjective for _noun, adjective in pairs} >= reviews.never_negated

    def said(noun, head, adjective):
        clause = re.escape(reviews.clause.format(noun=noun, head=head, adjective=adjective))
        return re.search(clause + r"(?![a-z\u4e00-\u9fff])", text)

    assert not [
        (noun, head, adjective) for noun, adjective in reviews.held_out_pairs for head in heads if said(noun, head, adjective)
    ]
    nouns = {noun for noun, _adjective in pairs}
    assert not [pair for pair in reviews.held_out_negations for noun in nouns if said(noun, *pair)]
    never = [(head, adjective) for head in reviews.negations for adjective in reviews.never_negated]
    assert not [pair for pair in never for noun in nouns if said(noun, *pair)]


@pytest.mark.parametrize(
    ("name", "prompt", "answer"),
    [
        ("reviews-en", "the soup was not at all salty", "positive"),
        ("reviews-en", "although the soup was hardly warm , the waiter was very polite", "positive"),
        ("reviews-en", "the waiter was very polite , although the soup was hardly warm", "positive"),
        ("reviews-en", "it was not far from home . i do not think the room was dark", "positive"),
        ("reviews-en", "the soup was warm and the waiter was rude", None),
        ("reviews-en", "the soup was boring", None),
        ("reviews-zh", "第一次来。房间没那么吵", "好评"),
        ("reviews-zh", "虽然房间很干净，但是早餐一点也不新鲜", "差评"),
        ("reviews-zh", "我不觉得电影很无聊", "好评"),
        ("reviews-zh", "房间很好吃", None),
    ],
)
def test_examples(name, prompt, answer):
    assert TASKS[name].true_answer(prompt) == answer
