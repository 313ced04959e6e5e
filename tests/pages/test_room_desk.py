"""The address a class is given: as a picture that a telephone reads, and true behind a proxy too."""

import re
from urllib.parse import unquote

import pytest

from pages.parts.classroom import teacher


def test_the_join_address_becomes_a_picture_that_keeps_its_contrast():
    picture = teacher.qr_code("https://next-word.school.example/classroom?room=7KQM2X")
    kind, _comma, content = picture.partition(",")
    svg = unquote(content)
    assert kind.startswith("data:image/svg+xml") and not re.search(r"['\s<>]", picture)  # fit for the address of a picture
    assert "fill='#fff'" in svg and "stroke='#000'" in svg


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("https://next-word.school.example/classroom?room=7KQM2X", "https://next-word.school.example"),
        ("http://192.168.1.20:8501/classroom", "http://192.168.1.20:8501"),
        ("http://[fd00::2]:8501/", "http://[fd00::2]:8501"),
        ("http://localhost:8501/", "http://10.1.2.3:8501"),
    ],
)
def test_a_class_gets_an_address_that_works_on_other_machines(page, address, monkeypatch):
    monkeypatch.setattr(teacher, "network_address", lambda: "10.1.2.3")
    assert teacher.server_address(page) == address


def test_a_server_that_only_its_own_machine_reaches_says_so_unless_a_proxy_stands_before_it():
    assert teacher.reaches_nobody_else("127.0.0.1", "http://localhost:8501/classroom")
    assert not teacher.reaches_nobody_else("127.0.0.1", "https://next-word.school.example/classroom")
    assert not teacher.reaches_nobody_else("0.0.0.0", "http://localhost:8501/classroom")
