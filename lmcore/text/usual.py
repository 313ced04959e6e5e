"""How usual a text is: what its characters cost, in bits, in the best of the codes for some thirty languages.

A usual letter costs a few bits; a rare one, a capital after a small letter or two scripts in one word cost many. `detection` compares
the readings of a file by it.
"""

import math
from collections import Counter
from functools import cache, lru_cache

import numpy as np
import regex

ASCII, RARE, RARER, DAMAGE, CONTROL = 5.0, 20.0, 21.0, 20.0, 40.0  # bits; rare: in none of the languages here
CAPITALS = 8.0  # bits: a text in capitals alone
OTHER_SCRIPT = 6.0  # bits: Latin letters in a text of another alphabet

LETTERS = {  # the letters beyond ASCII of languages with an alphabet, the most usual first
    "de": "üäöß", "fr": "éèàêçùîôâœûëïü", "es": "óíáéñúü¿¡", "pt": "ãçéáóêíâõúôà", "it": "èàòùéìí", "sv": "äöåé", "da": "øåæé",
    "is": "áðíþóæéöúý", "pl": "ąęłóśżćńź", "cs": "íáěýéřčšžůúťďňó", "sk": "áíčéýšžľúťôňäóŕďĺ", "hu": "áéöóőüíúű",
    "ro": "ăîâșțşţ", "hr": "čšžćđ", "tr": "ıüşğçöâî", "lt": "ėšžųįąčūę", "lv": "āīšēņūļģķčž", "et": "äõüö",
    "vi": "đàáạảãăắằặâấầậêếềệôốồộơớờợưứừựìíịóòọùúụéèẹ\u0300\u0301\u0303\u0309\u0323",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "uk": "оаинівтесркдлумпзягьбчйхжцїюєфшщґ",
    "el": "αοιετσνηυρπκμλςωδγίάχθόφέβήξύζώψϊ", "he": "יוהלאתבשרמנכםדעפקחטצזגןסךףץ",
    "ar": "اليمونترببةعدسفهكقحجشطصخىذزءئضغثظأإآؤپچگکی،؟",
    "th": "านรอกเงมยลวดทสต่ปะคี้ัไบิขหจพชแใ็์ูุโึืซผศธณฟ์ถภๆๅฉฮฏฐฎฑฒฌฆฤ",
}  # fmt: skip
LATIN = ["de", "fr", "es", "pt", "it", "sv", "da", "is", "pl", "cs", "sk", "hu", "ro", "hr", "tr", "lt", "lv", "et", "vi"]
TYPOGRAPHY = "’“”–—…‘«»„‚\xa0°•€£§©®·№×½‰†‡™±²³¼¾µ¶ºª¹÷¢¥¬¦ˆ˜‹›¨¤¯´¸"
CHINESE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面"
    "起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文"
    "体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别"
    "打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且"
    "权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "语言模型谢妈爸哥姐弟妹爷奶朋友吗呢吧啊哦嗯您谁哪怎啥喝吃饭茶菜肉鱼鸡米包糖盐酒买卖钱贵宜店票车站飞火船房屋床桌椅灯窗春夏秋冬雨雪风晴阴早晚午夜昨周星岁爱欢笑哭"
    "唱歌跳舞跑步睡醒忙累病医药疼红黄蓝绿黑衣服裤鞋帽笔纸班课校友考试题答读写词句章节汉英译网页脑邮箱址密码登录注册载夹删除复贴存印设置帮助订单付款价格货递备姓职业"
    "省区县街楼室元六七八九零京海广州深圳杭都武张李赵刘陈杨吴徐孙朱胡林郭罗郑梁宋唐许邓韩冯曹彭曾肖田董袁潘蒋蔡余杜叶苏魏吕丁沈姚卢姜崔谭陆汪范廖贾韦邹孟熊秦邱江尹"
    "薛段雷侯龙史陶黎贺顾毛郝龚邵严覃戴莫孔汤伟芳娜敏静丽强磊军洋勇艳杰娟涛超鑫"
)
TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作里用道行所然家種事成方多經麼去法學如都同現當沒動面"
    "起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文"
    "體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別"
    "打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且"
)
KANA = "のにいるたとはてしをでがなかっれもらりんすこさまくうけあよきそつせどやえわちみめばおじだべげろぎごずぶほひへふびょゃゅ"
HANGUL = (
    "이다는에가을의고하한지도은로서를기나사어아자리시그게인라대들만있일해으보오정것수부전스여소주과구원장상면니모우거안생문중제없때야조내음선요공신무경"
    "습성용비관날좋씨늘세동말회실유당치발미계화행개방연위반영되됩했였었왔갔까"
)
WIDE_MARKS = "，。、“”：；？！（）《》…—「」『』　·～【】‘’"

OTHER = r"[\p{L}--[\p{Latin}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]]"  # a letter of an alphabet that is not Latin
STRANGE = (  # what hardly occurs in a text: a pattern, and the bits each of its matches costs
    (r"\p{Ll}(?=\p{Lu})(?![A-Z])|(?<![\0-\x7f])(?<=\p{Ll})\p{Lu}", 8),  # a capital after a small letter
    (rf"\p{{Latin}}(?={OTHER})|{OTHER}(?=\p{{Latin}})", 8),  # two alphabets in a word
    (rf"(?<!\w)[{OTHER}--[аявикосуАЯВИКОСУоηήοΗΟו]](?!\w)", 7),
    (rf"\d(?={OTHER})|{OTHER}(?=\d)|(?<!\w){OTHER}(?!\w)", 7),  # a letter beside a digit or alone
    (r"(?<!\w)[\p{Latin}--[\0-\x7fàéèáóöÀÉÓÅÄÖÜ]](?!\w)", 5),
    (r"(?<=\p{Latin})[^\0-\x7f\p{L}\p{M}\p{Pd}’·…\ufffd](?=\p{Latin})", 8),  # a sign within a word
    (r"[a-z](?=[\p{Han}\p{Hangul}])|(?<=[\p{Han}\p{Hangul}])[a-z]", 4),
    (r"[“‘«„](?=\s|$)|(?<=\w)[“„](?=\w)|(?<=^|\s)[”»]", 5),  # a quotation mark the wrong way round
    (r"\xa0(?=\s|$)|(?<=^|\s)\xa0", 4),
    (r"[鈥銆锛锟]|Ã[^\w\s]|â€", 15),  # UTF-8 read as GBK or as Latin
)
PATTERNS = [(regex.compile(pattern, regex.V1 | regex.M), bits) for pattern, bits in STRANGE]


def cost(text: str) -> float:
    """Return the bits of a text in the language that suits it best. A text in capitals alone is as usual as in small letters."""
    if text.isupper() and (small := text.lower()) != text:
        return CAPITALS + cost(small)
    return language_bits(text) + sum(bits * sum(1 for _ in pattern.finditer(text)) for pattern, bits in PATTERNS)


def language_bits(text: str) -> float:
    """Return the bits of its characters alone, without what their neighbours cost."""
    counted = Counter(text)
    ascii_bits = sum(
        times * (ASCII if character.isprintable() or character.isspace() else CONTROL)
        for character, times in counted.items()
        if character < "\x80"
    )
    latin = any(character.isalpha() for character in counted if character < "\x80")
    of_others = [times * _in_each(character) for character, times in counted.items() if character >= "\x80"]
    other_script = OTHER_SCRIPT * latin * np.array([alone for _, alone in codes()])
    return ascii_bits + float(np.sum([other_script, *of_others], axis=0).min())


@lru_cache(maxsize=8_192)
def _in_each(character: str) -> np.ndarray:
    """Return the bits of a character beyond ASCII in each of `codes`."""
    rare = _rare(character)
    return np.array([code.get(character, rare) for code, _ in codes()])


def _rare(character: str) -> float:
    if character == "\ufffd":
        return DAMAGE
    if regex.match(r"[\p{Cc}\p{Cn}\p{Co}\p{Cs}]", character):
        return CONTROL
    return RARE if character < "\u2e80" else RARER


@cache
def codes() -> list[tuple[dict[str, float], bool]]:
    """Return the bits of the usual characters of each language, and whether it has an alphabet other than Latin."""
    found: list[tuple[dict[str, float], bool]] = []

    def add(code: dict[str, float], alone: bool = False) -> None:
        found.append((code, alone))

    for language, letters in LETTERS.items():
        share = 0.06 if language in LATIN else 0.85  # most letters of a language in Latin script are ASCII
        capitals = letters.translate({ord("ß"): None, ord("ς"): None, ord("ı"): "İ"}).upper()
        capitals = "".join(dict.fromkeys(capital for capital in capitals if capital not in letters and capital > "\x7f"))
        add(_code((share, letters, 2), (share / 20, capitals, 2), (0.03, TYPOGRAPHY, 3)), language not in LATIN)
    level_1, level_2 = _rows("gb2312", 0xB0, 0xD7), _rows("gb2312", 0xD8, 0xF7)
    add(_code((0.7, CHINESE, 20), (0.16, level_1, 9000), (0.006, level_2, 9000), (0.12, WIDE_MARKS, 2), (0.01, _full(), 900)))
    big = _rows("big5", 0xA4, 0xC6)
    add(_code((0.7, TRADITIONAL, 20), (0.16, big, 9000), (0.12, WIDE_MARKS, 2), (0.01, _full(), 900)))
    katakana = "".join(map(chr, range(0x30A1, 0x30FD)))
    kanji = _rows("euc_jp", 0xB0, 0xCF)
    add(_code((0.5, KANA, 6), (0.1, katakana, 60), (0.25, kanji, 9000), (0.12, WIDE_MARKS, 2), (0.01, _full(), 900)))
    add(_code((0.7, HANGUL, 20), (0.2, _rows("euc_kr", 0xB0, 0xC8), 9000), (0.02, TYPOGRAPHY, 3), (0.02, WIDE_MARKS, 2)))
    return found


def _code(*groups: tuple[float, str, int]) -> dict[str, float]:
    """(share of the text, its characters with the most usual first, how slowly they grow rarer) -> bits of each."""
    bits: dict[str, float] = {}
    for share, characters, slowness in groups:
        total = sum(1 / (rank + slowness) for rank in range(len(characters)))
        for rank, character in enumerate(characters):
            bits.setdefault(character, -math.log2(share / (rank + slowness) / total))
    return bits


def _rows(encoding: str, first: int, last: int) -> str:
    """Return the characters of an encoding whose first byte lies between two."""
    cells = (bytes([row, cell]) for row in range(first, last + 1) for cell in range(0x40, 0xFF))
    return "".join(text for text in (cell.decode(encoding, "ignore") for cell in cells) if len(text) == 1 and text > "\x7f")


def _full() -> str:
    """Return full-width letters and digits, and the signs that Chinese and Japanese encodings share."""
    return "".join(map(chr, range(0xFF01, 0xFF5F))) + "￥①②③④⑤⑥⑦⑧⑨⑩㎡℃※→←↑↓★☆●○■□▲△◆◇〇×÷±≤≥≠"
