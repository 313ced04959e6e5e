"""Two lists of invented given names, English-like and Chinese-like, put together by rules of sound and place.

No list of real people was used; that a name is also borne by someone, or is an old one, is chance.
"""

import random
from collections.abc import Callable
from functools import lru_cache

NAMES = 3_000

# All options stand in order of frequency, see _pick.
# fmt: off
FIRST_SYLLABLES = [
    "Ma", "A", "Le", "E", "Ro", "Sa", "Mi", "Lo", "Be", "Ca", "Da", "Li", "Te", "Jo", "Na", "Re", "La", "Ne", "Wi", "Ha", "I",
    "Fe", "Ra", "Bri", "Co", "De", "Mo", "Vi", "Ta", "O", "Su", "Pa", "Lu", "Ke", "Tha", "Ba", "Cla", "Ri", "Do", "Ju", "Ge",
    "Ni", "Fa", "He", "To", "Si", "Flo", "Tri", "Va", "Ho", "Bra", "No", "Ru", "Pe", "Di", "Wa", "The", "Qui", "Cle", "Go",
    "Fi", "Tre", "Gi", "Po", "Vo", "Que", "Fre", "Ka", "Qua",
]
MIDDLE_SYLLABLES = ["li", "ra", "me", "di", "la", "ri", "vo", "ma", "le", "si", "lo", "da", "mi", "re", "se", "de"]
CONSONANTS = ["r", "l", "n", "m", "ll", "nd", "th", "v", "nn", "rl", "d", "s", "lm", "dr", "ph", "lv", "ndr", "br"]
ENDINGS = ["a", "ia", "an", "el", "ie", "y", "ine", "ella", "or", "en", "eth", "ora", "wyn", "ette", "iel", "ard", "une", "ison"]
# fmt: on
SURNAMES = [
    *"王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾萧蔡潘袁董余叶程苏",
    *"魏吕丁任沈姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江",
    *["欧阳", "上官", "司徒", "慕容", "夏侯", "东方"],
]
FIRST = "晓思雨子文嘉雅梦若诗书清明知云星秋春语月景乐心沐初远亦如静松竹桐南海山"
SECOND = "涵轩萱宁然禾舟川岚溪澄言遥和远朗晴霖棠月悦行歌泉帆原航笙微彤蓉桐莹琳瑶颖怡竹"
SINGLE = "澄岚悠霖筠禾棠屿舟笙煦蔚遥溪"


@lru_cache(maxsize=1)
def english() -> str:
    """3,000 names, one a line: a first syllable, in every fourth name a middle one, consonants, an ending."""
    return _list(_english)


@lru_cache(maxsize=1)
def chinese() -> str:
    """3,000 names, one a line: a surname (few have two characters), then a given name of two characters or, rarely, one."""
    return _list(_chinese)


def _english(numbers: random.Random) -> str:
    middle = _pick(numbers, MIDDLE_SYLLABLES) if numbers.random() < 0.25 else ""
    return _pick(numbers, FIRST_SYLLABLES) + middle + _pick(numbers, CONSONANTS) + _pick(numbers, ENDINGS)


def _chinese(numbers: random.Random) -> str:
    surname = _pick(numbers, SURNAMES)
    if numbers.random() < 0.1:
        return surname + _pick(numbers, SINGLE)
    first = _pick(numbers, FIRST)
    return surname + first + _pick(numbers, SECOND.replace(first, ""))


def _pick(numbers: random.Random, options):
    """One of the options; the r-th in the list with a probability proportional to 1 / (r + 4)."""
    return numbers.choices(options, [1 / (rank + 5) for rank in range(len(options))])[0]


def _list(draw: Callable[[random.Random], str]) -> str:
    """Distinct names in the order in which they were drawn."""
    numbers = random.Random(1)
    found = {}
    while len(found) < NAMES:
        found[draw(numbers)] = None
    return "\n".join(found) + "\n"
