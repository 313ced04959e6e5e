"""English and Chinese sentences: measure words, tenses and the order of the words, checked against tables written down here."""

import re

from sample_corpora.tasks import TASKS
from sample_corpora.tasks.translation import new_pairs, true_answer
from sample_corpora.tasks.translation_words import NOUNS, SUBJECTS, VERBS

MEASURE = {
    "本": "字典 杂志",
    "支": "铅笔 毛笔",
    "把": "椅子 雨伞",
    "张": "桌子 地图 照片",
    "件": "大衣 衬衫",
    "辆": "自行车 汽车",
    "个": "杯子 书包",
    "盏": "台灯",
    "顶": "帽子",
    "只": "小猫 小狗",
    "条": "金鱼 围巾",
    "朵": "玫瑰",
}
THING = re.compile(
    r"[一两三这那](.)(?:新的|旧的|很大的|很小的|红色的|黑色的|漂亮的)?(" + "|".join(MEASURE.values()).replace(" ", "|") + ")"
)
PAST, FUTURE, HABIT = ("yesterday", "last week"), ("tomorrow", "next week"), ("every week", "every month")


def every_pair():
    task = TASKS["translation-en-zh"]
    return [*task.training(), *task.held_out(), *(pair for pairs in task.experiments().values() for pair in pairs)]


def test_every_noun_has_its_measure_word():
    for english, chinese in every_pair():
        things = THING.findall(chinese)
        assert len(things) == len(re.findall(r"\b(?:an?|two|three|this|that)\b", english))
        assert all(noun in MEASURE[measure].split() for measure, noun in things)


def test_tenses_agree():
    for english, chinese in every_pair():
        assert ("了" in chinese) is (" will " not in english and not any(time in english for time in HABIT))
        assert ("要" in chinese) is (" will " in english)
        assert not any(time in english for time in PAST) or "了" in chinese
        assert not any(time in english for time in FUTURE) or "要" in chinese


def test_times_and_places_stand_before_the_verb_in_chinese():
    for _english, chinese in every_pair():
        verb = re.search("了|" + "|".join(f"(?:{entry.chinese})(?=[一两三这那])" for entry in VERBS.values()), chinese).start()
        for word in (
            "昨天",
            "上个星期",
            "明天",
            "下个星期",
            "每个星期",
            "每个月",
            "在家",
            "在学校",
            "在市场",
            "在商店",
            "在公园",
            "在河边",
        ):
            assert chinese.find(word) < verb


def test_english_articles_and_verbs_agree():
    third = "|".join(name for name, subject in SUBJECTS.items() if subject.third)
    for english, _chinese in every_pair():
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", english)
        assert re.search(r"\b(two|three)\b", english) or not any(
            f" {noun.plural}" in english for noun in NOUNS.values() if noun.plural != "goldfish"
        )
        if re.search("every", english):
            assert bool(re.search(rf"(?:^|month |week )(?:{third}) (?:buys|sells|photographs|washes|repairs) ", english)) is bool(
                re.match(rf"(?:every \w+ )?(?:{third})(?! and) ", english)
            )


def test_the_other_direction_is_the_same_sentences_turned():
    forth, back = TASKS["translation-en-zh"], TASKS["translation-zh-en"]
    assert [(answer, prompt) for prompt, answer in forth.training()] == back.training()
    assert [(answer, prompt) for prompt, answer in forth.held_out()] == back.held_out()


def test_no_held_out_pair_stands_in_training():
    verbs = {form: verb for verb, entry in VERBS.items() for form in (verb, entry.past, entry.third)}
    plural = {entry.plural: noun for noun, entry in NOUNS.items()} | {noun: noun for noun in NOUNS}
    for english, _chinese in TASKS["translation-en-zh"].training():
        noun = next(plural[word] for word in english.split() if word in plural)
        assert sum(word in plural for word in english.split()) == 1
        verb = next(verb for form, verb in sorted(verbs.items(), key=lambda item: -len(item[0])) if f" {form} " in english)
        subject = next(name for name in SUBJECTS if english.startswith(f"{name} "))
        determiner = re.search(r"\b(an?|two|three|this|that)\b", english)[1].replace("an", "a")
        before = english[: re.search(rf"\b(?:{noun}|{NOUNS[noun].plural})\b", english).start()].split()[-1]
        found = {("verb_noun", verb, noun), ("subject_noun", subject, noun), ("number_noun", determiner, noun)}
        assert not (found | {("adjective_noun", before, noun)}) & new_pairs()


def test_examples():
    assert true_answer("I bought two red hats in the shop yesterday") == "我昨天在商店买了两顶红色的帽子"
    assert true_answer("yesterday I bought two red hats in the shop") == "我昨天在商店买了两顶红色的帽子"
    assert true_answer("她每个星期拍摄一条金鱼") == "she photographs a goldfish every week"
    assert true_answer("my mother will repair an old umbrella") == "我妈妈要修理一把旧的雨伞"
    assert true_answer("I bought two red house") is None
    assert true_answer("I will buy a hat every week") is None
