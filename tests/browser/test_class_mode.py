"""A server behind a PIN: browsers without it are refused, by HTTP and by websocket; a browser that has given it is not asked again."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from pages.parts.language import LANGUAGES, translate
from pages.parts.server import class_pin
from tests.browser.examples import finished_examples
from tests.browser.raw_client import PATIENCE, http, texts
from tests.browser.raw_replay import socket_to
from tests.browser.server import Server

PIN, TEACHER_PIN = "blue whale", "old lighthouse"
WRONG = "That is not the PIN of this class. Look at it again, or ask your teacher."
TOO_MANY = "Too many wrong PINs. Please wait {seconds} s, then try again."


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    data = finished_examples(tmp_path_factory.mktemp("closed"))
    server = Server(data, NEXT_WORD_CLASS_PIN=PIN, NEXT_WORD_TEACHER_PIN=TEACHER_PIN).start()
    yield server
    server.stop()


def enter(server, pin: str, language: str = "en", wanted: str = "/", **headers) -> httpx.Response:
    form = {"pin": pin, "lang": language, "wanted": wanted}
    return http("POST", f"{server.url}/browser/enter", data=form, headers={"origin": server.url, **headers})


def opens(answer: httpx.Response) -> bool:
    return "next_word_class_" in answer.headers.get("set-cookie", "")


def cookies_after(server, pin: str) -> dict[str, str]:
    """All that a browser holds that has given a PIN: its own cookie and that of the class."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as browser:
        browser.post("/browser/enter", data={"pin": pin}, headers={"origin": server.url})
        browser.get("/")
        return dict(browser.cookies)


def as_header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_pin_http_gives_the_door_alone(closed, language):
    asked = [
        ("GET", path)
        for path in ("/", "/train", "/classroom?room=7KQM2X", "/static/js/index.js", "/_stcore/host-config", "/_stcore/metrics")
    ]
    asked += [
        ("GET", "/media/0.csv"),
        ("GET", "/plotly"),
        ("GET", "/_stcore/agent/openapi.json"),
        ("GET", "//train"),
        ("GET", "/%2e"),
    ]
    asked += [("POST", path) for path in ("/_stcore/agent/interact", "/_stcore/agent/mcp", "/browser/class", "/browser/recover")]
    asked += [("PUT", "/_stcore/upload_file/a/b"), ("POST", "/_stcore/health"), ("OPTIONS", "/"), ("GET", "/browser/enter")]
    for method, path in asked:
        answer = http(method, closed.url + path, headers={"accept-language": language}, cookies={"a": "b"})
        assert answer.status_code in (400, 403), (method, path)
        if answer.status_code == 403:
            assert translate("Enter the PIN of this class", language) in answer.text and 'name="pin"' in answer.text
        assert 'id="root"' not in answer.text and "script" not in answer.text
    assert http("GET", f"{closed.url}/_stcore/health").text == "ok"  # a watchdog has no cookie


def test_without_the_pin_a_raw_websocket_gets_nothing(closed):
    mine = cookies_after(closed, PIN)
    role = next(name for name in mine if "class_" in name)
    visitor = next(name for name in mine if name.startswith("next_word_") and name != role)
    signature = mine[role].rpartition(".")[2]
    forged = [
        None,
        f"{visitor}={mine[visitor]}",
        f"{role}={mine[visitor]}",  # signed by this server, for something else
        f"{role}={mine[role][:-3]}AAA",
        f"{role}={mine[role].replace('student', 'teacher')}",
        f"{role}=teacher.{signature}",
        f"{role}=",
        f"{role}=%ff;;={'x' * 3_000}",
        f"{role}x={mine[role]}",
    ]
    for cookie in forged:
        for origin in (None, closed.url):
            with pytest.raises(InvalidStatus) as refused:
                socket_to(closed.url, cookie, origin)
            assert refused.value.response.status_code == 403
    assert "Next Word" in texts(closed.url, "", "lang=en", as_header(mine))
    with socket_to(closed.url, as_header(mine)):  # a class's own programs may come without an Origin, with the cookie
        pass


def test_wrong_pins_are_refused_in_a_sentence_and_then_slowed_down(closed):
    """A browser that mistypes again and again waits: how long is `test_guesses`."""
    with httpx.Client(base_url=closed.url, headers={"origin": closed.url}, timeout=PATIENCE) as guesser:
        guesser.get("/")
        assert any(name.startswith("next_word_door_") for name in guesser.cookies)
        for guess in range(10):
            language = list(LANGUAGES)[guess % len(LANGUAGES)]
            answer = guesser.post("/browser/enter", data={"pin": "123456", "lang": language, "wanted": "/train"})
            if answer.status_code != 403:
                break
            assert translate(WRONG, language) in answer.text and not opens(answer)
        assert answer.status_code == 429 and not opens(answer)
        assert translate(TOO_MANY, language).format(seconds=answer.headers["retry-after"]) in answer.text


def test_who_guesses_on_locks_nobody_out(tmp_path):
    """Many wrong PINs from one address, whatever it says about itself; how many more it takes is `test_guesses`."""
    server = Server(finished_examples(tmp_path), NEXT_WORD_CLASS_PIN="402917", NEXT_WORD_TEACHER_PIN=TEACHER_PIN).start()
    try:
        student = cookies_after(server, "402917")
        was_in = {name: value for name, value in student.items() if "class" not in name}
        with ThreadPoolExecutor(4) as guessers:
            forged = ({"x-forwarded-for": f"203.0.113.{number}"} for number in range(30))
            assert all(not opens(answer) for answer in guessers.map(lambda headers: enter(server, "123456", **headers), forged))
            answer = http(
                "POST", f"{server.url}/browser/enter", data={"pin": "402917"}, headers={"origin": server.url}, cookies=was_in
            )
            assert opens(answer)
            assert opens(enter(server, TEACHER_PIN))
        said = texts(server.url, "classroom", "lang=en", as_header(cookies_after(server, TEACHER_PIN)))
        assert re.search(r"Wrong PINs in the last hour: [0-9]+ \(different addresses: 1\)", said)
    finally:
        server.stop()


def test_a_pin_comes_from_a_form_of_this_server_alone(closed):
    for headers in ({"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert enter(closed, PIN, **headers).status_code == 403
    answer = enter(closed, f" {PIN.replace(' ', '')} ", wanted="https://elsewhere.example/")
    assert answer.status_code == 303 and answer.headers["location"] == "/?lang=en"
    header = answer.headers["set-cookie"]
    assert "HttpOnly" in header and "SameSite=Lax" in header and "Secure" not in header
    assert "Secure" in enter(closed, PIN, **{"x-forwarded-proto": "https"}).headers["set-cookie"]


def test_the_teacher_s_pin_makes_a_teacher(closed):
    student, teacher = (
        texts(closed.url, "classroom", "lang=en", as_header(cookies_after(closed, pin))) for pin in (PIN, TEACHER_PIN)
    )
    assert "class.open" not in student and TEACHER_PIN not in student
    assert "class.open" in teacher and PIN.replace(" ", "") in teacher


def test_another_pin_lets_nobody_in_with_the_old_one(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    monkeypatch.setenv("NEXT_WORD_CLASS_PIN", PIN)
    student = class_pin.issue("student")
    assert class_pin.role(student) == "student" and class_pin.role(f"{student}A") is None
    monkeypatch.setenv("NEXT_WORD_CLASS_PIN", "another pin")
    assert class_pin.role(student) is None and class_pin.is_closed()


def test_a_class_is_started_given_its_pin_and_ended(tmp_path, new_browser):
    """At the machine itself; a student who was there before has to give the PIN, once."""
    server = Server(finished_examples(tmp_path)).start()
    try:
        student = new_browser("zh-CN")
        student.goto(f"{server.url}/text")
        student.get_by_role("heading", name=translate("Your text", "zh")).wait_for()

        teacher = new_browser()
        teacher.goto(f"{server.url}/classroom")
        teacher.get_by_role("button", name="Start a class").click()
        metrics = teacher.locator("[data-testid=stMetricValue]")
        metrics.first.wait_for()
        pin = metrics.first.inner_text().replace(" ", "")
        assert re.fullmatch(r"\d{6}", pin)

        student.locator(".st-key-menu-language button").click()  # the page that is open gets nothing more
        field = student.locator("input[name=pin]")
        field.wait_for()
        assert translate("Enter the PIN of this class", "zh") in student.content()
        field.fill("000000" if pin != "000000" else "111111")
        student.get_by_role("button", name=translate("Enter", "zh")).click()
        student.get_by_text(translate(WRONG, "zh")).wait_for()
        field.fill(f"{pin[:3]} {pin[3:]}")
        student.get_by_role("button", name=translate("Enter", "zh")).click()
        student.get_by_role("heading", name=translate("Your text", "zh")).wait_for()
        student.reload()
        student.get_by_role("heading", name=translate("Your text", "zh")).wait_for()

        server.stop()
        server.start()
        student.reload()
        student.get_by_role("heading", name=translate("Your text", "zh")).wait_for()

        late = new_browser()
        late.goto(f"{server.url}/classroom?room=7KQM2X")
        assert late.locator("input[name=pin]").count() == 1
        teacher.reload()
        teacher.get_by_text("Only a fingerprint of the PIN outlasts a restart of the server.").wait_for()
        teacher.locator(".st-key-class-end button").click()
        teacher.locator(".st-key-class-end_now button").click()
        teacher.get_by_role("button", name="Start a class").wait_for()
        late.reload()
        late.get_by_role("heading", name="Class").first.wait_for()
    finally:
        server.stop()
