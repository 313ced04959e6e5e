"""Notices of an invented club, English and Chinese by turns of a coin: straight quotes, addresses, abbreviations, numbers with letters,
Chinese beside Latin letters. All that makes it hard to say where a space stands. People, places and addresses are invented.
"""

import random
from functools import lru_cache

from sample_corpora.storyteller import fill

NOTICES = 2_500
SEED = 1
CONTEXT = "The 1st talk"

ROLES = {
    "who": "[Anna|Ben|Mrs. Lind|the U.S. team|our U.K. friends|the 2nd group|the girls' club]",
    "thing": "[red bag|new mp3 player|key (no. {n})|pair of skis|large A4 map|20-cm ruler|bike/scooter]",
    "mail": "[anna@example.org|ben.k@example.com|office@club.example.net|help-desk@example.org]",
    "web": "[https://example.org/talks|www.example.com|https://club.example.net/map?room={n}|example.org/a-z]",
    "nth": "[1st|2nd|3rd|4th|10th]",
    "n": "[3|5|12|20|100]",
    "hour": "[9:30|10 a.m.|6 p.m.|18:00]",
    "day": "[Monday|Tuesday|Friday|Sunday]",
    "topic": "[\"Words\"|AI|3D printing|C++ and/or C#|R&D|Q&A|'Light'|COVID-19|the 1990s]",
    "question": "[Is it far?|Who's coming?|Can't we meet at {hour}?|Where's the {thing}?|Does it cost $5 or 5%?]",
    "answer": "[No, it isn't,|Yes, of course,|I don't know,|Not before {hour},|Ask {who},]",
    "期": "[周一|周三|周五|星期天]",
    "谁": "[小林|班长|王老师|Tom|AI小组]",
    "题": "[AI|Python 3|3D打印|《语言模型》|“词与空格”|C++和/或C#|PPT]",
    "问": "[远不远？|谁去？|能不能改到 {hour}？|要不要带U盘？]",
}

ENGLISH = """The {nth} talk, on {topic}, is on {day} at {hour}; see {web}.
{day}, {hour}: "{question}" asked {who}. "{answer}" said {who}.
{who} asked, "{question}" - please answer {mail} and/or call.
Who has lost the {thing} and/or the {thing}? Write to {mail}!
An AI workshop ({n} places, e.g. for beginners) begins on {day}, {hour}: {web}
Send your mp3/mp4 (at most {n} MB) to {mail}, i.e. not to me.
To {mail}: "{answer}" {who} said, "it's {n} km from here." *Bring a {thing}.*"""

CHINESE = """{期}有一个AI workshop，主题是{题}，名额 {n} 人，报名请写信到 {mail}。
{谁}问："{问}"{谁}答："[好的|不行|还不知道]，请看 {web}。"
第{n}次讲座讲{题}（{期} {hour}），地点：B座{n}层。
拾到一个U盘和一台iPad，请{谁}到 A{n} 室领取。
我们用 Python 3.11 训练了一个{n}M的model，[详情|地图]见 {web}。
本周共 {n} 人参加，约占50%；{谁}做了PPT和/或mp3。"""


@lru_cache(maxsize=1)
def text() -> str:
    """2,500 notices, all different, one a line."""
    numbers = random.Random(SEED)
    patterns = [ENGLISH.split("\n"), CHINESE.split("\n")]
    found: dict[str, None] = {}
    while len(found) < NOTICES:
        line = fill(numbers.choice(numbers.choice(patterns)), ROLES, numbers)
        found[line[0].upper() + line[1:]] = None
    return "\n".join(found) + "\n"
