"""Small changes of a text, to see what they change in a model that is trained on it: words swapped, lines deleted or written twice."""

from dataclasses import dataclass

import regex

LETTER = regex.compile(r"[\p{L}\p{N}--\p{Han}]", regex.V1)


@dataclass(frozen=True)
class Edited:
    """A changed text, and how many places or lines were changed."""

    text: str
    changes: int


def swap_words(text: str, one: str, other: str) -> Edited:
    """Return a text with two words in each other's place; a capital at the beginning stays one. Words of Han characters are swapped
    wherever they stand, as nothing says where a word ends.

    >>> swap_words("He said she heard her. SHE", "he", "she").text
    'She said he heard her. He'
    >>> swap_words("他说她来了", "他", "她")
    Edited(text='她说他来了', changes=2)
    """
    if not (one and other) or one == other:
        return Edited(text, 0)
    into = {one.casefold(): other, other.casefold(): one}

    def swapped(match: regex.Match) -> str:
        word = into[match.group().casefold()]
        return word[0].upper() + word[1:] if match.group()[0].isupper() else word

    changed, count = regex.compile(f"{_whole(one)}|{_whole(other)}", regex.IGNORECASE).subn(swapped, text)
    return Edited(changed, count)


def delete_lines(text: str, word: str) -> Edited:
    """Return a text without the lines that have a word.

    >>> delete_lines("a fox\\nfoxes\\na dog", "fox")
    Edited(text='foxes\\na dog', changes=1)
    """
    return _each_line(text, word, 0)


def double_lines(text: str, word: str) -> Edited:
    """Return a text in which the lines that have a word stand twice.

    >>> double_lines("a fox\\na dog", "fox").text
    'a fox\\na fox\\na dog'
    """
    return _each_line(text, word, 2)


def _each_line(text: str, word: str, times: int) -> Edited:
    if not word:
        return Edited(text, 0)
    pattern, lines = regex.compile(_whole(word), regex.IGNORECASE), text.split("\n")
    found = [bool(pattern.search(line)) for line in lines]
    kept = (line for line, has in zip(lines, found, strict=True) for _time in range(times if has else 1))
    return Edited("\n".join(kept), sum(found))


def _whole(word: str) -> str:
    """Return the pattern of a whole word: no letter stands beside it."""
    before = r"(?<![\p{L}\p{N}])" if LETTER.match(word[0]) else ""
    after = r"(?![\p{L}\p{N}])" if LETTER.match(word[-1]) else ""
    return before + regex.escape(word) + after
