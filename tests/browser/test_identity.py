"""Who is who: a cookie is verified at every read, and another's run can be looked at but not changed."""

import pytest

from lmcore.runs.store.store import Store
from tests.browser.raw_client import http, texts
from tests.pages.situations import TEXT, a_config

NOBODY = "You have not trained anything yet"


def cookie(server) -> tuple[str, str]:
    """(name, value) of a new visitor's cookie, as the first page gives it."""
    answer = http("GET", f"{server.url}/")
    header = answer.headers["set-cookie"]
    assert "HttpOnly" in header and "SameSite=Lax" in header and answer.headers["cache-control"] == "no-store"
    name, _, value = header.split(";")[0].partition("=")
    return name, value


@pytest.fixture(scope="module")
def anna(server):
    """(cookie, id) of a visitor who has one run called 'the secret of anna'."""
    name, value = cookie(server)
    owner = value.rpartition(".")[0]
    store = Store(server.data)
    text = store.add_text(owner=owner, name="annas text", content=TEXT, kind="stream", encoding="utf-8")
    run = store.add_run(owner=owner, text_id=text.id, name="the secret of anna", config=a_config())
    return f"{name}={value}", run, text


def test_the_owner_sees_her_runs_over_a_raw_websocket(server, anna):
    assert "the secret of anna" in texts(server.url, "runs", "lang=en", anna[0])


@pytest.mark.parametrize("change", ["signature", "id", "none", "nonsense"])
def test_a_forged_cookie_is_nobody(server, anna, change):
    name, _, value = anna[0].partition("=")
    owner, _, signature = value.rpartition(".")
    forged = {
        "signature": f"{name}={owner}.{'A' * len(signature)}",
        "id": f"{name}=someone-else.{signature}",
        "none": None,
        "nonsense": f"{name}=%ff%00;;=",
    }[change]
    said = texts(server.url, "runs", "lang=en", forged)
    assert NOBODY in said and "the secret of anna" not in said


def test_another_visitor_may_look_at_a_run_but_has_no_buttons_for_it(server, anna):
    name, value = cookie(server)
    said = texts(server.url, "train", f"lang=en&run={anna[1].id}", f"{name}={value}")
    assert "This run belongs to someone else" in said and "live.stop" not in said
    said = texts(server.url, "train", f"lang=en&run={anna[1].id}", anna[0])
    assert "This run belongs to someone else" not in said


def test_a_text_is_read_by_its_owner_alone(server, anna):
    inside = TEXT.split("\n")[0]
    assert inside in texts(server.url, "text", f"lang=en&text={anna[2].id}", anna[0])
    name, value = cookie(server)
    for address in (f"text={anna[2].id}", f"run={anna[1].id}"):
        assert inside not in texts(server.url, "text", f"lang=en&{address}", f"{name}={value}")
