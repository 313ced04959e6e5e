"""The texts one can train on without bringing one: what they are, how to read them, and the text itself, made when first asked for.

Each text comes from a module of its own; README.md lists them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sample_corpora import help_text, names, notices, village
from sample_corpora.automaton import Automaton


@dataclass(frozen=True)
class Sample:
    """title and description: by language, "en" and "zh"."""

    id: str
    title: dict[str, str]
    description: dict[str, str]  # language, size, licence, what it teaches
    kind: str  # of corpus: stream, lines or blocks
    tokenizer: str  # the kind that suits it: character, word or subword
    context: str  # the beginning of a sentence that a model can continue
    text: Callable[[], str]  # always the same on one version of Python; made once
    grammar: Automaton | None = None  # where it wrote the text: the true probability of every next word
    word_classes: dict[str, str] = field(default_factory=dict)  # of a grammar's words, each word's


def _fables_en() -> str:
    from sample_corpora import fables_en

    return fables_en.text()


def _fables_zh() -> str:
    from sample_corpora import fables_zh

    return fables_zh.text()


_SAMPLES = (
    Sample(
        id="fables-en",
        title={"en": "Fables, English", "zh": "寓言（英文）"},
        description={
            "en": "English, about 500 kB, written for this project (MIT). Sixteen fables by hand, about 1,700 more put together from "
            "plots: a small model soon tells such stories, and one sees how long it remembers who is who.",
            "zh": "英文，约 500 kB，为本项目编写（MIT 许可证）。十六篇由人手写，另外约 1,700 篇按情节组合而成：小模型很快就能讲出这样的故事，"
            "还可以看出它能把“谁是谁”记住多久。",
        },
        kind="blocks",
        tokenizer="word",
        context="A little fox named Nell",
        text=_fables_en,
    ),
    Sample(
        id="fables-zh",
        title={"en": "Fables, Chinese", "zh": "寓言（中文）"},
        description={
            "en": "Chinese, about 500 kB, written for this project (MIT). Sixteen fables by hand, about 1,500 more put together from "
            "plots: reading one character at a time, a model learns words, measure words and stories.",
            "zh": "中文，约 500 kB，为本项目编写（MIT 许可证）。十六篇由人手写，另外约 1,500 篇按情节组合而成：模型一个字一个字地读，"
            "却能学会词语、量词和故事。",
        },
        kind="blocks",
        tokenizer="character",
        context="从前有一只小",
        text=_fables_zh,
    ),
    Sample(
        id="village",
        title={"en": "The village", "zh": "小村庄"},
        description={
            "en": "English, 8,000 sentences, 329 kB, written for this project (MIT). A small grammar of 44 words wrote them, so "
            "the true probability of every next word is known: how close does a model come?",
            "zh": "英文，8,000 个句子，329 kB，为本项目编写（MIT 许可证）。句子由一部只有 44 个词的小语法生成，每个下一词的真实概率都是已知的："
            "模型能学得多接近？",
        },
        kind="lines",
        tokenizer="word",
        context="the dog near the cows",
        text=village.text,
        grammar=village.GRAMMAR,
        word_classes=village.WORD_CLASSES,
    ),
    Sample(
        id="names-en",
        title={"en": "Names, English", "zh": "名字（英文）"},
        description={
            "en": "3,000 invented names that sound English, 22 kB, written for this project (MIT). One sees a model learn how "
            "names are spelt, make new ones, and in the end learn the list by heart.",
            "zh": "3,000 个虚构的英文式名字，22 kB，为本项目编写（MIT 许可证）。可以看到模型先学会名字的拼法，再造出新名字，"
            "训练久了又开始死记硬背。",
        },
        kind="lines",
        tokenizer="character",
        context="Mar",
        text=names.english,
    ),
    Sample(
        id="names-zh",
        title={"en": "Names, Chinese", "zh": "姓名（中文）"},
        description={
            "en": "3,000 invented Chinese names, 30 kB, written for this project (MIT). Three characters are enough to see a "
            "model learn order: the surname first, and after 欧 always 阳.",
            "zh": "3,000 个虚构的中文姓名，30 kB，为本项目编写（MIT 许可证）。短短三个字，就能看出模型怎样学会顺序：先姓后名，“欧”后面总是“阳”。",
        },
        kind="lines",
        tokenizer="character",
        context="林",
        text=names.chinese,
    ),
    Sample(
        id="notices",
        title={"en": "Notices, English and Chinese", "zh": "通知（中英文）"},
        description={
            "en": "2,500 notices of an invented club, English and Chinese, 225 kB, written for this project (MIT). Straight quotes, "
            "e-mail and web addresses, U.S., 1st, mp3, and/or, Chinese beside Latin letters: where does a space stand?",
            "zh": "一个虚构社团的 2,500 条通知，中英文，225 kB，为本项目编写（MIT 许可证）。有直引号、邮箱和网址、U.S.、1st、mp3、and/or，"
            "还有夹着字母的中文：哪里该有空格？",
        },
        kind="lines",
        tokenizer="word",
        context=notices.CONTEXT,
        text=notices.text,
    ),
    Sample(
        id="help",
        title={"en": "Python's help", "zh": "Python 帮助文档"},
        description={
            "en": "English, about 500 kB, read from the Python that runs this server (PSF licence). Real technical prose that "
            "nobody made easier: how much of its spelling, layout and vocabulary does a small model pick up?",
            "zh": "英文，约 500 kB，取自运行本服务器的 Python（PSF 许可证）。这是未经简化的真实技术文档："
            "它的拼写、版式和用词，小模型能学到多少？",
        },
        kind="stream",
        tokenizer="character",
        context="The following ",
        text=help_text.text,
    ),
)

SAMPLES: dict[str, Sample] = {sample.id: sample for sample in _SAMPLES}  # in the order in which they are shown
