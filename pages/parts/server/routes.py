"""Forms that change this browser's cookies, which no script of a page can: a PIN, a class, a new visitor, a recovery code.

Each is a POST from a page of this server itself, checked; it answers with a redirect, or with one sentence in the visitor's language.
"""

import asyncio
from functools import partial
from html import escape
from math import ceil
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lmcore.runs.store import visitors
from pages.parts import identity, visitor
from pages.parts.language import translate
from pages.parts.server import class_door, class_pin, hosts, html_page
from pages.parts.server.guess_limit import Guesses
from pages.parts.server.middleware import cookie, cookies

FRESH, RECOVER, CLASS = "/browser/fresh", "/browser/recover", "/browser/class"
TEACHER_SECONDS = 12 * 3600
LONGEST_FORM = 4_096  # bytes

pin_guesses = Guesses()  # recovery codes need none: they are too long to be guessed


async def enter(request: Request) -> Response:
    """The PIN of the class, or of the teacher."""
    form, words = await _form(request)
    wanted = class_door.inside(form.get("wanted", "/"), lang=words)
    _ = partial(translate, language=words)
    if not _is_ours(request):
        return _refuse(words, _not_ours(words), "/")
    if not class_pin.is_closed():  # the class ended while its PIN was typed: there is nothing to ask for
        return _go(wanted)
    pin = class_pin.tidy(form.get("pin", ""))
    guess = pin_guesses.begin(class_door.asking_at(request), len(pin))
    if guess.refused:
        sentence = _("Too many wrong PINs. Please wait {seconds} s, then try again.").format(seconds=ceil(guess.wait))
        return class_door.pin_page(request, status=429, wanted=wanted, wrong=sentence, words=words, wait=guess.wait)
    await asyncio.sleep(guess.wait)
    role = await asyncio.to_thread(class_pin.enter, pin)
    if role is None:
        sentence = _("That is not the PIN of this class. Look at it again, or ask your teacher.")
        return class_door.pin_page(request, status=403, wanted=wanted, wrong=sentence, words=words)
    pin_guesses.forgive(guess)
    return _go(wanted, _role_cookie(request, role))


async def begin_class(request: Request) -> Response:
    """Make new PINs; this browser becomes the teacher's. Allowed at the machine itself, and to the teacher."""
    form, words = await _form(request)
    _ = partial(translate, language=words)
    teaches = class_pin.role(cookies(request.scope).get(class_pin.cookie_name())) == "teacher"
    here = class_pin.is_this_machine(request.client and request.client.host, request.headers)
    if class_pin.by_environment() or not _is_ours(request) or not (teaches or here):
        sentence = _(
            "A class is started on the machine this server runs on, at its address localhost; or whoever runs the server sets the PINs."
        )
        return _refuse(words, sentence, "/classroom")
    await asyncio.to_thread(class_pin.start)
    return _go(class_door.inside("/classroom", lang=words), _role_cookie(request, "teacher"))


async def start_fresh(request: Request) -> Response:
    """A new visitor in this browser; a teacher becomes a member of the class."""
    _, words = await _form(request)
    if not _is_ours(request):
        return _refuse(words, _not_ours(words), "/")
    known = class_pin.role(cookies(request.scope).get(class_pin.cookie_name()))
    changed = [_role_cookie(request, "student")] if known and class_pin.is_closed() else [_no_role(request)] if known else []
    return _go(class_door.inside("/", lang=words), cookie(request.scope, identity.cookie_name(), identity.issue()), *changed)


async def recover(request: Request) -> Response:
    """This browser becomes the visitor whose code it is."""
    form, words = await _form(request)
    _ = partial(translate, language=words)
    if not _is_ours(request):
        return _refuse(words, _not_ours(words), "/")
    found = await asyncio.to_thread(visitors.visitor_of, visitor.store(), form.get("code", ""))
    if found is None:
        return _refuse(
            words, _("This is not a valid recovery code. Compare it with your note: the newest code alone is valid."), "/"
        )
    return _go(class_door.inside("/runs", lang=words), cookie(request.scope, identity.cookie_name(), identity.issue(found)))


ROUTES = [
    Route(path, endpoint, methods=["POST"])
    for path, endpoint in ((class_door.ENTER, enter), (CLASS, begin_class), (FRESH, start_fresh), (RECOVER, recover))
]


async def _form(request: Request) -> tuple[dict[str, str], str]:
    """({field: value}, language); a body that is too long counts as empty."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            body = b""
            break
    form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    return form, html_page.language(form.get("lang"), request.headers.get("accept-language", ""))


def _is_ours(request: Request) -> bool:
    """Whether the form stood on a page of this server: another site must neither log anybody out nor in.

    Browsers say so by themselves; by an open line in a network only the origin.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    return site == "same-origin" if site else hosts.is_same(origin or "", request.headers.get("host", ""))


def _role_cookie(request: Request, role: str) -> str:
    seconds = {"seconds": TEACHER_SECONDS} if role == "teacher" else {}
    return cookie(request.scope, class_pin.cookie_name(), class_pin.issue(role), **seconds)


def _no_role(request: Request) -> str:
    return cookie(request.scope, class_pin.cookie_name(), "", seconds=0)


def _go(address: str, *changed: str) -> Response:
    answer = RedirectResponse(address, status_code=303, headers={"cache-control": "no-store"})
    for header in changed:
        answer.headers.append("set-cookie", header)
    return answer


def _refuse(words: str, sentence: str, back: str) -> Response:
    _ = partial(translate, language=words)
    link = f'<p><a href="{escape(class_door.inside(back, lang=words))}">{escape(_("Back"))}</a></p>'
    return html_page.page(words, _("That did not work"), link, back=back, status=403, wrong=sentence)


def _not_ours(words: str) -> str:
    _ = partial(translate, language=words)
    return _("Only a page of this server itself can do this. Open the app and try again there.")
