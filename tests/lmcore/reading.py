"""Files as people save them: texts of some twenty languages in the encodings they are written in, long and short, whole and mixed."""

from collections import Counter
from itertools import product

from lmcore.text.decoding import decode, possible_readings

SENTENCES = {
    "english": "“It’s late,” she said. “Let’s go – it’s cold…” The café had closed at 5.",
    "german": "Für größere Übungen müssen wir über die Brücke gehen, sagte der Bär. „Schön!“",
    "french": "Les élèves ont déjà mangé à la cantine. « Où êtes-vous ? » demanda-t-elle.",
    "spanish": "¿Dónde está el niño? Mañana comerá en el jardín con su mamá.",
    "portuguese": "A criança não está com fome; amanhã irá à praia com os irmãos.",
    "italian": "Perché è così? La città è già piena di gioventù.",
    "swedish": "På ön växer träd. Åsa äter ägg och dricker öl.",
    "danish": "På øen vokser træer, og bækken løber ned til åen.",
    "finnish": "Tänään on hyvä sää, ja mennään kävelylle.",
    "polish": "Dziś jest piękna pogoda, więc idziemy na spacer do parku. Zażółć gęślą jaźń.",
    "czech": "Dnes je hezké počasí, a tak jdeme na procházku. Příliš žluťoučký kůň úpěl.",
    "hungarian": "Ma szép idő van, és sétálni megyünk. Árvíztűrő tükörfúrógép.",
    "turkish": "Bugün hava çok güzel, öğrenciler bahçede oynuyor. Şimdi gidiyoruz.",
    "greek": "Σήμερα ο καιρός είναι καλός και πάμε βόλτα στο πάρκο.",
    "russian": "Сегодня хорошая погода, и мы идём гулять в парк.",
    "hebrew": "היום מזג האוויר יפה ואנחנו הולכים לטייל בפארק.",
    "arabic": "الطقس جميل اليوم ونحن نذهب إلى الحديقة.",
    "thai": "วันนี้อากาศดีมาก เราไปเดินเล่นที่สวนสาธารณะ",
    "chinese": "今天天气很好，我们去公园散步。“你饿了吗？”妈妈问。",
    "traditional": "今天天氣很好，我們去公園散步。「你餓了嗎？」媽媽問。",
    "japanese": "今日は天気がいいので、公園を散歩します。「お腹がすいた？」と母が言った。",
    "korean": "오늘은 날씨가 좋아서 공원에 산책하러 갑니다. 배고프니? 엄마가 물었다.",
}
OTHERS = {  # texts that played no part when the detector was made
    "english": "“We don’t know,” said Alice – “we’ll ask.” ‘Who’s that?’ Résumés cost £5…",
    "german": "Alle Menschen sind frei und gleich an Würde und Rechten geboren und sollen einander im Geiste der Brüderlichkeit begegnen.",
    "french": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.",
    "spanish": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón, deben comportarse.",
    "portuguese": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência.",
    "italian": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione, perciò è così.",
    "swedish": "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete.",
    "danish": "Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med fornuft og samvittighed, også små.",
    "finnish": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki.",
    "polish": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem.",
    "czech": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím.",
    "hungarian": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek ésszel és lelkiismerettel bírnak.",
    "turkish": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler.",
    "greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "russian": "Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью.",
    "hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "arabic": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق.",
    "thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "traditional": "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神互相對待。",
    "japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
}
ANY = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7")
WESTERN = ("windows-1252", "mac_roman")
OF = {
    **dict.fromkeys(("english", "german", "french"), WESTERN),
    **dict.fromkeys(
        ("spanish", "portuguese", "italian", "swedish", "danish", "finnish"), (*WESTERN, "latin-1", "iso-8859-15", "cp850")
    ),
    **dict.fromkeys(("polish", "czech", "hungarian"), ("windows-1250", "iso-8859-2", "cp852")),
    "turkish": ("windows-1254",),
    "greek": ("windows-1253", "iso-8859-7"),
    "russian": ("windows-1251", "koi8-r", "cp866", "iso-8859-5"),
    "hebrew": ("windows-1255",),
    "arabic": ("windows-1256",),
    "thai": ("cp874",),
    "chinese": ("gb18030", "gbk", "gb2312", "hz"),
    "traditional": ("big5", "gb18030"),
    "japanese": ("shift_jis", "euc_jp", "iso2022_jp"),
    "korean": ("euc_kr", "cp949"),
}
ASCII_LINES = "Order 1234 has been shipped to the depot; please check the invoice and reply by Friday.\n" * 8
LENGTHS = {
    "one line": "{}",
    "two lines": "{}\n{}\n",
    "among 16 lines of ASCII": ASCII_LINES + "{}\n" + ASCII_LINES,
    "30 lines": "{}\n" * 30,
    "a table": "id,text\n1,{}\n2,nothing\n3,{}\n",
}
LANGUAGES = {
    f"{language}, {encoding}, {length}": (encoding, form.replace("{}", SENTENCES[language]))
    for language, (length, form) in product(SENTENCES, LENGTHS.items())
    for encoding in (*ANY, *OF[language])
} | {
    f"{language}, {encoding}, {length} of others": (encoding, LENGTHS[length].replace("{}", OTHERS[language]))
    for language, length in product(SENTENCES, ("one line", "a table"))
    for encoding in (*ANY, *OF[language])
}
OFFERED = {"german, mac_roman, one line of others"}  # two letters are too few; the right reading is among those offered

FEW = [
    "好",
    "中",
    "元",
    "我",
    "王芳",
    "你好",
    "谢谢",
    "谢谢你",
    "两块",
    "订单完成",
    "北京",
    "张三",
    "茶",
    "糖醋排骨",
    "，",
    "。",
    "《",
    "—",
    "①",
    "￥",
    "鑫",
]
POSITIONS = {
    "alone": "{}", "in a sentence": "I said {} to him, and he smiled.", "in a table": "a,b,{},1\n2,c,,3\n", "as a value": "name={};",
    "as markup": "<b>{}</b>", "after ASCII": "abc{}\n", "in a long text": ASCII_LINES + "Name: {}\n" + ASCII_LINES,
}  # fmt: skip
FEW_CHARACTERS = {
    f"{words} {position}": ("gb18030", form.format(words)) for words, (position, form) in product(FEW, POSITIONS.items())
}
DIALOGUE = [
    "“Hello,” she said. “It’s late.”", "‘Who’s there?’ — ‘It’s me…’", "“No.”\n“Yes.”", "Don’t.", "• one\n• two – three", "It’s 5 €",
    "price: £5 or €6", "naïve façade", "résumé", "café", "El Niño", "Zoë", "§ 5 Abs. 2", "© 2020 ACME®™", "20°C ± 1", "½ cup",
    "id,text\n1,“hi”\n2,don’t…\n3,café – bar", "À la carte", "São Paulo",
    "".join(f"ham,Ok… Ü b there {i}\nspam,You’ve won £{i}00 – claim “now”, costs {i}p €2\n" for i in range(300)),
    "".join(f"{bytes([byte]).decode('cp1252')} is {byte}\n" for byte in range(0x80, 0x100) if byte not in b"\x81\x8d\x8f\x90\x9d\xa0\xad"),
]  # fmt: skip
WINDOWS = {repr(text[:24]): ("windows-1252", text) for text in DIALOGUE}
WORDS = ["你好", "早上好！", "一二三", "妈妈", "张伟\n李娜", "下雨了。", "语言模型"]
REPEATED = {
    f"{text!r}, {encoding}, {times} times": (encoding, f"{text}\n" * times)
    for text, encoding, times in product(WORDS, ("gb18030", "hz", "utf-7", "utf-16-le", "utf-16-be"), (1, 30))
}
PLAIN = {
    text[:20]: ("ascii", text)
    for text in ("C++ is fun: a+b-c, 1+1=2, x+=y-1, a+bc-d +AbC- ok", "~{a,b}/~user ~{x~}", "a+-b+ c+", "tel +49-30-1234",
                 "aGVsbG8+d29ybGQ-", "ls ~/x; echo ~{1..3}~}", "Bush hid the facts", "this app can break")
}  # fmt: skip
UNICODE = {
    text: ("utf-8", text)
    for text in ("é", "İ", "a\u2003b", "ˈfəʊnətɪk", "Հայերեն", "ქართული", "мама", "ß", "naïve", "½", "÷", "ñ")
}
WHOLE = {**LANGUAGES, **FEW_CHARACTERS, **WINDOWS, **REPEATED, **PLAIN, **UNICODE}  # name: (encoding, text)

FIRST = SENTENCES["chinese"] + "\n"
SECOND = "第二部分：天黑了，大家都回家了。\n"
HALVES = {
    "half and half": [(FIRST * 20, "utf-8"), (SECOND * 20, "gb18030")],
    "the other half": [(FIRST * 20, "gb18030"), (SECOND * 20, "utf-8")],
    "line by line": [(FIRST, "utf-8"), (SECOND, "gb18030")] * 20,
    "one line of GBK": [(FIRST * 20, "utf-8"), (SECOND, "gb18030"), (FIRST * 20, "utf-8")],
    "one line of UTF-8": [(FIRST * 20, "gb18030"), (SECOND, "utf-8"), (FIRST * 20, "gb18030")],
    "joined within a line": [(FIRST.strip(), "utf-8"), (SECOND * 3, "gb18030")],
    "english and chinese": [(SENTENCES["english"] + "\n", "utf-8"), (SECOND * 3, "gb18030")],
    "french and french": [((SENTENCES["french"] + "\n") * 3, "utf-8"), ((SENTENCES["french"] + "\n") * 3, "windows-1252")],
    "russian": [((SENTENCES["russian"] + "\n") * 3, "utf-8"), ((SENTENCES["russian"] + "\n") * 3, "windows-1251")],
}


def single_words() -> list[tuple[str, str]]:
    """(encoding, word): of the sentences, in the encodings of their languages; what is hardest to tell."""
    pairs = {
        (encoding, word)
        for language, sentence in (*SENTENCES.items(), *OTHERS.items())
        for encoding in OF[language]
        for word in sentence.split()
        if not word.isascii()
    }
    return sorted((encoding, word) for encoding, word in pairs if word.encode(encoding, "ignore").decode(encoding) == word)


def read_or_offered(encoding: str, word: str) -> str:
    """Is a file of one word read right, or the right reading among those the visitor chooses from?"""
    data = word.encode(encoding)
    if decode(data).text == word:
        return "right"
    return "offered" if word in possible_readings(data).values() else "wrong"


if __name__ == "__main__":
    words = single_words()
    print(len(words), "files of a single word:", dict(Counter(read_or_offered(*pair) for pair in words)))
