"""Who sits at the machine: nobody who comes through a proxy, whatever it passes on."""

import pytest

from pages.parts import access


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"])
def test_a_browser_on_the_machine_itself_may_start_a_class(host):
    assert access.is_this_machine("127.0.0.1", {"host": host})


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
    assert not access.is_this_machine(client, headers)
