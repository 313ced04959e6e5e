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
    "gzip": (b"\x1f\x8b\x08" + random.Random(1).randbytes(500), "compressed"),
    "gif": (b"GIF89a\x40\x01\xc8\x00\xf7\x00\x00" + bytes(range(256)), "GIF"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + random.Random(1).randbytes(500), "JPEG"),
    "rtf": (rb"{\rtf1\ansi{\fonttbl\f0\fswiss Helvetica;}\f0 a text}", "RTF"),
    "mp3": (b"ID3\x03\x00\x00\x00\x00\x0fv" + random.Random(1).randbytes(500), "sound"),
    "mp4": (b"\x00\x00\x00\x18ftypmp42" + random.Random(1).randbytes(500), "film"),
    "exe": (b"MZ\x90\x00\x03\x00\x00\x00\x04" + random.Random(1).randbytes(500), "program"),
    "tar": (b"story.txt".ljust(257, b"\0") + b"ustar\x0000" + bytes(248) + b"a story".ljust(512, b"\0"), "TAR"),
    "random bytes": (random.Random(1).randbytes(5_000), ""),  # of no kind that is known
    "only zeros": (bytes(1_000), ""),
}

NAMES = {
    "a path": "../../etc/passwd",
    "a device": "CON",
    "long": "n" * 300,
    "long chinese": "长" * 300,
    "html": "<img onerror=alert(1)>.txt",
    "markdown": "**b** [l](javascript:x) ![i](http://x/y.png) :red[x] $x$ `c`",
    "two lines": "first\nsecond\r\n\tthird",
    "control": "a\x00b\x1b[31m\x7f",
    "right to left": "txt.\u202eexe",
    "half a character": "x\ud800y",
    "emoji": "👨‍👩‍👧.txt",
    "quotes": "'; DROP TABLE runs; --\"",
    "windows": "C:\\temp\\..\\a:b|c?.txt",
}

# What a visitor may upload: the bytes, and what comes of them: words of the text as it is read, or the code of an error.
FILES = {
    "0 bytes": (b"", "text.empty_file"),
    "only spaces": (b"  \n\t \r\n ", "text.empty_file"),
    "only a mark": (b"\xef\xbb\xbf", "text.empty_file"),
    "only control characters": (b"\x00\x01\x02\x1b", "text.encoding_unknown"),
    "one character": (b"a", "a"),
    "shorter than the context": (b"the cat", "the cat"),
    "one line": (b"a single line without an end", "a single line without an end"),
    "two identical characters": (b"aa", "aa"),
    "utf-8": (CHINESE.encode(), "今天天气很好"),
    "utf-8 with a mark": (CHINESE.encode("utf-8-sig"), "今天天气很好"),
    **{
        f"{encoding}, {text[:3]}": ((text * 5).encode(encoding), text.strip()[:8])
        for text, encoding in ENCODED
        if not encoding.startswith("utf-8")
    },
    "cut within a character": ((CHINESE * 3).encode()[:-3], "今天天气很好"),
    "one bad byte": ((ENGLISH * 3).encode() + b"\xff" + ENGLISH.encode(), "The fox said"),
    "NUL and escape": (b"a\x00b\x1b[31mred\x1b[0m and more readable text after it\n", "ab[31mred[0m"),
    "zero-width": ("one\u200btwo\u2060three".encode(), "one\u200btwo\u2060three"),
    "half characters": ((CHINESE * 3).encode() + b"before \xed\xa0\x80 after", "before \ufffd\ufffd\ufffd after"),
    "right to left": ("שלום עולם \u202eabc\u202c".encode(), "שלום עולם abc"),
    "emoji": ("👨‍👩‍👧 👍🏽 cafe\u0301 café".encode(), "👨‍👩‍👧 👍🏽 café café"),
    "every line end": ("one\rtwo\r\nthree\u2028four".encode(), "one\ntwo\nthree\nfour"),
    "csv": (b"name,age\nAnna,12\nBen,13\n", "name,age\nAnna,12"),
    "json": (b'{"a": [1, 2.5, null], "half": "\\ud800"}', '"half": "\\ud800"'),
    "html": (b"<html><script>document.title='broken'</script><b>bold</b></html>", "document.title='broken'"),
    "markdown": (b"# head\n\n![x](http://127.0.0.1:9/x.png) **bold** [l](javascript:alert(1))", "**bold**"),
    **{
        name: (content, "text.binary" if looks_like else "text.encoding_unknown")
        for name, (content, looks_like) in NO_TEXTS.items()
    },
}

LARGE = {  # made when they are asked for
    "one line of 20 MB": lambda: ("the cat sat on the mat " * 900_000)[:20_000_000],
    "one token a million times": lambda: "x " * 1_000_000,
    "one character a million times": lambda: "a" * 1_000_000,
    "60,000 characters": lambda: "".join(chr(code) for code in range(0x21, 0x1F000) if not 0xD800 <= code < 0xE000)[:60_000],
    "500,000 words": lambda: invented_words(500_000),
    "one bad byte in 5 MB": lambda: ENGLISH * 50_000,
}
