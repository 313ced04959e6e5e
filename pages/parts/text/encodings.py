"""Encodings as people call them: in the list a visitor chooses from, and beside a text that was read."""

from pages.parts.language import _

NAMES = {  # Python's name: the usual one
    "utf-8": "UTF-8",
    "gb18030": "GBK / GB 18030",
    "big5": "Big5",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "hz": "HZ",
    "utf-7": "UTF-7",
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "cp949": "EUC-KR",
    "windows-1252": "Windows-1252",
    "windows-1250": "Windows-1250",
    "windows-1251": "Windows-1251",
    "koi8-r": "KOI8-R",
    "windows-1253": "Windows-1253",
    "windows-1254": "Windows-1254",
    "windows-1255": "Windows-1255",
    "windows-1256": "Windows-1256",
    "cp874": "TIS-620",
    "windows-1257": "Windows-1257",
    "iso-8859-2": "ISO-8859-2",
    "iso-8859-5": "ISO-8859-5",
    "cp850": "CP850",
    "cp852": "CP852",
    "cp866": "CP866",
    "mac_roman": "Mac Roman",
    # found by itself, never chosen
    "cp950": "Big5",
    "big5hkscs": "Big5-HKSCS",
    "iso2022_jp_ext": "ISO-2022-JP",
    "iso2022_kr": "ISO-2022-KR",
    "utf-32": "UTF-32",
}
CHOICES = list(NAMES)[: list(NAMES).index("cp950")]


def name(encodings: str) -> str:
    """Several, of one text of several files, stand with commas between them.

    >>> name("gb18030, utf-8, iso-8859-7")
    'GBK / GB 18030, UTF-8, ISO-8859-7'
    """
    return ", ".join(NAMES.get(encoding, encoding.upper()) for encoding in encodings.split(", "))


def choice(encoding: str) -> str:
    """With the languages it was made for, which are what a visitor knows of a file."""
    languages = {
        "utf-8": _("all languages"),
        "utf-16": _("all languages"),
        "utf-16-le": _("all languages"),
        "utf-16-be": _("all languages"),
        "utf-7": _("all languages"),
        "gb18030": _("Chinese, simplified"),
        "hz": _("Chinese, simplified"),
        "big5": _("Chinese, traditional"),
        "cp932": _("Japanese"),
        "euc_jp": _("Japanese"),
        "iso2022_jp": _("Japanese"),
        "cp949": _("Korean"),
        "windows-1250": _("Central European languages"),
        "iso-8859-2": _("Central European languages"),
        "cp852": _("Central European languages"),
        "windows-1257": _("Baltic languages"),
        "iso-8859-5": _("Cyrillic script"),
        "cp866": _("Cyrillic script"),
        "windows-1251": _("Cyrillic script"),
        "koi8-r": _("Cyrillic script"),
        "windows-1253": _("Greek"),
        "windows-1254": _("Turkish"),
        "windows-1255": _("Hebrew"),
        "windows-1256": _("Arabic script"),
        "cp874": _("Thai"),
    }
    return _("{encoding} ({languages})").format(
        encoding=name(encoding), languages=languages.get(encoding, _("Western European languages"))
    )
