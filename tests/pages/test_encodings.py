"""Encodings by the names people know, in both languages."""

import pytest

from lmcore.text.decoding import decode
from lmcore.text.detection import ESCAPED, PRIOR, WIDE
from pages.parts import visitor
from pages.parts.text import encodings
from tests.pages.situations import OWNER


@pytest.mark.parametrize("encoding", encodings.CHOICES)
def test_every_encoding_of_the_list_reads_what_it_wrote(encoding):
    text = "One line of text, and another."
    assert decode(text.encode(encoding), encoding=encoding).text == text


def test_each_has_one_place_in_the_list():
    shown = [encodings.choice(encoding) for encoding in encodings.CHOICES]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize("encoding", [*PRIOR, *WIDE, *ESCAPED, "utf-8, gb18030", "UTF-8"])
def test_what_is_found_by_itself_has_its_usual_name(encoding):
    name = encodings.name(encoding)
    assert (
        name == "Shift_JIS"
        or name[0].isupper()
        and not {"_", "gb18030", "CP932", "CP949", "CP950", "CP874"} & {*name, *name.split(", ")}
    )


@pytest.mark.parametrize(
    ("encoding", "changes", "shown", "said"),
    [
        ("pasted", (), None, None),  # a browser sends characters, not bytes
        ("gb18030", ("line_ends",), "GBK / GB 18030", "Tidied while reading: line ends made the same."),
        ("utf-8, gb18030", ("control_characters 1234",), "UTF-8, GBK / GB 18030", "1,234 control characters removed"),
    ],
)
def test_how_a_text_was_read(here, open_page, encoding, changes, shown, said):
    store = visitor.store()
    text = store.add_text(owner=OWNER, name="x", content="one two\n" * 9, kind="lines", encoding=encoding, changes=changes)
    page = open_page("text", text=text.id, lang="en")
    assert [metric.value for metric in page.metric if metric.label == "Encoding"] == ([shown] if shown else [])
    assert said is None or any(said in caption.value for caption in page.caption)
