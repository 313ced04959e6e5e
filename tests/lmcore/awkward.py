"""Texts and files that a visitor may bring, by name: each must end in a result or in an error of lmcore."""

import random
import zipfile
from io import BytesIO
from itertools import islice, product

ENGLISH = "The fox said: “It’s a cold day, isn't it?” Nobody answered; 3.5 crows flew over the café.\n"
CHINESE = "语言模型读完前面的词以后，猜测下一个词是什么。今天天气很好，我们去公园散步。\n"
MIXED = "我们用 Python 3.11 训练一个 model，它说：“Hello, 世界！”😀\n"


def invented_words(count: int) -> str:
    """Different words, none twice: aaaa aaab aaac …"""
    return " ".join("".join(letters) for letters in islice(product("abcdefghij", repeat=6), count))


TEXTS = {
    "one character": "a",
    "two identical characters": "aa",
    "one line": "a single line without an end",
    "english": ENGLISH * 5,
    "chinese": CHINESE * 5,
    "mixed": MIXED * 5,
    "items": "\x1ethe cat\x1ea dog barks\x1e一只狗\x1e",
    "spaces and tabs": "  a\t\tb   \n\n \n c  ",
    "unusual spaces": "a\xa0b\u2003c\u3000d\u202fe",
    "zero-width": "a\u200bb\u200cc\u200dd\u2060e",
    "right to left": "שלום עולם \u202eabc\u202c مرحبا",
    "emoji": "👨‍👩‍👧 👍🏽 🇩🇪 ❤️ e\u0301 é",
    "accents without end": "a" + "\u0301" * 500,
    "scripts": "日本語のテキスト 한국어 텍스트 ไทย हिन्दी Ελληνικά Русский العربية",
    "rare characters": "𠮷𝒳\U0010ffff\ue000\ufffd々〇㐀",
    "punctuation": "!?…——《》“”‘’'\"--''''s's't 1,000.50% $5 @a #b a_b",
    "html": "<script>alert('x')</script> ![](http://x/y.png) **bold** &amp;",
    "csv": "name,age\nAnna,12\nBen,13\n",
    "json": '{"a": [1, 2.5, null], "b": "\\u00e9"}\n',
    "one token many times": "x " * 5_000,
    "one long word": "ab" * 5_000,
    "many characters": "".join(chr(code) for code in range(0x20, 0x3000) if code not in range(0x7F, 0xA0)),
    "many words": invented_words(5_000),
}

GERMAN = "Für größere Übungen müssen wir über die Brücke gehen, sagte der Bär. Das wäre schön.\n"
FRENCH = "Le modèle prédit le mot suivant à partir des précédents, où qu'il soit. Ça va être drôle.\n"
RUSSIAN = "Языковая модель предсказывает следующее слово по предыдущим. Сегодня хорошая погода.\n"
JAPANESE = "言語モデルは、前の単語を見て次の単語を予測します。今日は天気がいいです。\n"
KOREAN = "언어 모델은 앞의 단어를 보고 다음 단어를 예측한다. 오늘은 날씨가 좋다.\n"
TRADITIONAL = "語言模型在看完前面的詞以後，猜測下一個詞是什麼。今天天氣很好，我們去公園散步。\n"
ENCODED = [
    (CHINESE, "utf-8"),
    (CHINESE, "utf-8-sig"),
    (CHINESE, "utf-16"),
    (CHINESE, "utf-16-le"),
    (CHINESE, "utf-16-be"),
    (ENGLISH, "utf-16-le"),
    (ENGLISH, "utf-16-be"),
    (CHINESE, "utf-32"),
    (ENGLISH, "utf-32-le"),
    (CHINESE, "utf-32-be"),
    (CHINESE, "gb18030"),
    ("　　" + CHINESE, "gb18030"),
    (TRADITIONAL, "big5"),
    (JAPANESE, "shift_jis"),
    (KOREAN, "euc_kr"),
    (RUSSIAN, "koi8-r"),
    (RUSSIAN, "cp1251"),
    (FRENCH, "latin-1"),
    (GERMAN, "latin-1"),
    (ENGLISH, "cp1252"),
]


def office_document() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w:t>text</w:t>")
    return file.getvalue()


NO_TEXTS = {  # bytes that are no text, and a word of what they are called
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
    "docx": (office_document(), "office document"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "PDF"),
    "gzip": (b"\x1f\x8b\x08" + random.Random(1).randbytes(500), "gzip"),
    "random bytes": (random.Random(1).randbytes(5_000), "data"),
    "only zeros": (bytes(1_000), "data"),
}
