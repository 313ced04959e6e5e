"""Names that look the same on a board though they are written in other scripts. Needs no torch.

The pairs are those of Unicode's list of confusable characters (UTS 39) that schools can type; the list itself has 6,000.
"""

import unicodedata

LATIN = {  # Latin letter -> Cyrillic, Greek, Armenian, Cherokee, Lisu and other letters of its shape
    "A": "АΑᎪꓮ𐊠", "B": "ВΒᏴꓐ", "C": "СϹᏟꓚⲤ", "D": "Ꭰꓓ", "E": "ЕΕᎬꓰ", "F": "Ϝꓝ", "G": "ԌᏀꓖ", "H": "НΗᎻꓧⲎ",
    "J": "ЈᎫꓙͿ", "K": "КΚᏦꓗⲔK", "L": "ᏞꓡⳐ", "M": "МΜᎷꓟⲘϺ", "N": "ΝꓠⲚ", "O": "ОΟՕꓳⲞ0", "P": "РΡᏢꓑⲢ", "Q": "ԚႭ", "R": "ᎡꓣᏒ",
    "S": "ЅՏᏕꓢ", "T": "ТΤᎢꓔⲦ", "U": "Սꓴ", "V": "ѴᏙꓦ", "W": "ԜᎳꓪ", "X": "ХΧꓫⲬ", "Y": "ҮΥᎩꓬⲨ", "Z": "ΖᏃꓜ",
    "a": "аɑα", "b": "ЬᏏ", "c": "сϲⲥᴄ", "d": "ԁ", "e": "еҽ", "g": "ɡց", "h": "һհᏂ", "i": "іɩιıⲓ", "j": "јϳ", "k": "к", "n": "ոп",
    "l": "IІΙӀꓲⲒ|1", "o": "оοօⲟσ", "p": "рρ", "q": "ԛզ", "r": "гᴦⲅ", "s": "ѕꜱ", "u": "սυ", "v": "ѵνᴠ", "w": "ԝᴡ", "x": "хχ", "y": "уүγ", "z": "ᴢ",
}  # fmt: skip
HAN = {  # Chinese character -> Japanese, Korean and other signs of its shape
    "口": "ロ囗", "力": "カ", "二": "ニ", "工": "エ", "八": "ハ", "夕": "タ", "卜": "ト", "才": "オ", "一": "ー―—─ㅡ", "千": "チ", "三": "ミ",
}  # fmt: skip
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
TABLE = {ord(sign): shape for table in (LATIN, HAN) for shape, signs in table.items() for sign in signs} | dict.fromkeys(
    map(ord, UNSEEN)
)


def shape(name: str) -> str:
    """Return the shape of a name: two names of one shape cannot be told apart.

    >>> shape("Anna") == shape("Аnna") == shape("Ａｎｎａ"), shape("Anna") == shape("Ännä")
    (True, False)
    """
    plain = unicodedata.normalize("NFKC", name).translate(TABLE)
    return "".join(unicodedata.normalize("NFC", plain).casefold().split())
