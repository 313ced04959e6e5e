"""Which requests come from the machine itself: none through a proxy, whatever headers it passes on. Which PINs and which names a server takes."""

import socket

import pytest

from pages.parts.server import class_pin, hosts


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"])
def test_a_browser_on_the_machine_itself_may_start_a_class(host):
    assert class_pin.is_this_machine("127.0.0.1", {"host": host})


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("192.168.1.7", {"host": "192.168.1.20:8501"}),  # the class's network
        ("192.168.1.7", {"host": "localhost:8501"}),  # a host can be written by hand
        ("203.0.113.7", {"host": "school.example", "x-forwarded-for": "203.0.113.7"}),  # nginx, its word taken
        ("127.0.0.1", {"host": "school.example"}),  # nginx that passes the name alone
        ("127.0.0.1", {"host": "127.0.0.1:8501", "x-forwarded-proto": "https"}),  # nginx that does not pass the name
        ("127.0.0.1", {}),
        (None, {"host": "localhost:8501"}),
    ],
)
def test_nobody_else_may(client, headers):
    assert not class_pin.is_this_machine(client, headers)


@pytest.mark.parametrize(
    ("pins", "taken"),
    [
        ({}, True),
        ({"student": "1234"}, False),
        ({"student": "12345"}, False),
        ({"student": "1 2 3 4 5"}, False),  # spaces are for reading
        ({"student": "402917"}, True),
        ({"student": "blue whale"}, True),
        ({"student": "402917", "teacher": "1234567"}, False),
        ({"student": "402917", "teacher": "40291785"}, True),
        ({"teacher": "402917"}, False),
        ({"student": "40291785", "teacher": "4029 1785"}, False),  # one PIN for two
    ],
)
def test_a_pin_that_can_be_guessed_stops_the_server(monkeypatch, pins, taken):
    for name, variable in class_pin.ENVIRONMENT.items():
        monkeypatch.setenv(variable, pins.get(name, ""))
    if taken:
        class_pin.check_environment()
    else:
        with pytest.raises(ValueError, match="NEXT_WORD_"):
            class_pin.check_environment()


def test_a_pin_in_full_width_is_the_same():
    assert class_pin.tidy("４０２　９１７") == class_pin.tidy("402 917") == "402917"


@pytest.mark.parametrize(
    ("setting", "headers", "address"),
    [
        ("", {}, "127.0.0.1"),
        ("", {"x-forwarded-for": "203.0.113.7"}, "behind an unknown proxy"),
        ("", {"x-real-ip": "203.0.113.7"}, "behind an unknown proxy"),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.7"}, "127.0.0.1"),  # what uvicorn has made of it
    ],
)
def test_a_proxy_is_believed_where_the_setting_says_that_one_is_there(monkeypatch, setting, headers, address):
    monkeypatch.setenv(class_pin.PROXY, setting)
    assert class_pin.address("127.0.0.1", headers) == address


OWN = socket.gethostname().lower()


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8501", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("127.0.0.1:8501", True),
        ("[::1]:8501", True),
        ("192.168.1.20:8501", True),
        ("10.0.0.3", True),
        ("[fe80::1]:8501", True),
        ("[fd12::1]", True),
        ("198.51.100.9:8501", True),  # where the request came in
        (f"{OWN}:8501", True),
        (f"{OWN}.local", True),
        ("school.example", True),  # in the setting
        ("SCHOOL.example:443", True),
        ("next-word.other.example", True),
        ("elsewhere.example", False),
        ("school.example.elsewhere.example", False),
        ("www.school.example", False),
        ("localhost.elsewhere.example", False),
        ("127.0.0.1.elsewhere.example", False),
        ("192.168.1.20.nip.io", False),
        (f"{OWN}.elsewhere.example", False),
        ("203.0.113.9", False),
        ("[2001:db8::1]", False),
        ("", False),
        ("localhost@elsewhere.example", False),
        ("elsewhere.example#localhost", False),
        ("[::1", False),
        ("loc\u0430lhost", False),
    ],
)
def test_a_server_answers_under_its_own_names(monkeypatch, host, known):
    monkeypatch.setenv(hosts.ENVIRONMENT, "school.example, Next-Word.other.example.")
    assert hosts.is_known(host, ("198.51.100.9", 8501)) == known


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("http://LOCALHOST:8501", "localhost:8501", True),
        ("https://school.example", "school.example", True),
        ("https://school.example:443", "school.example", True),
        ("https://school.example", "school.example:443", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("http://localhost:3000", "localhost:8501", False),  # another program of this machine
        ("http://localhost", "localhost:8501", False),
        ("http://127.0.0.1:8501", "localhost:8501", False),
        ("https://localhost:8501", "localhost", False),
        ("http://school.example", "school.example:443", False),
        ("https://elsewhere.example", "school.example", False),
        ("https://school.example.elsewhere.example", "school.example", False),
        ("null", "localhost:8501", False),
        ("", "", False),
        ("file://", "", False),
        ("http://localhost:x", "localhost:x", False),
        ("chrome-extension://localhost", "localhost", False),
    ],
)
def test_a_page_of_this_server_is_one_of_its_name_and_port(origin, host, same):
    assert hosts.is_same(origin, host) == same
