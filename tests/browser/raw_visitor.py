"""A visitor without a browser who stays: one tab that opens pages, presses buttons and polls as Streamlit's page does.

It parses what it needs and draws nothing, so that thirty of them fit beside the server they visit. One look without staying is
`raw_client`.
"""

import asyncio
import contextlib
import json
import time
from collections import deque

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

CHART = "next_word_live_chart"
TRIGGER = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # Streamlit's name for the events of a component
PATIENCE = 120.0  # seconds for one run of a script
REMEMBERED = 8  # large messages a browser keeps, so that the server need not send them again


class Curve:
    """What `live_chart.js` keeps of a run as long as its element stands: what it knows is dropped, what is missing is asked for,
    the first points too.

    >>> curve = Curve()
    >>> curve.take({"run": "a", "after": 0, "steps": {"step": [], "loss": []}})
    False
    >>> curve.take({"run": "a", "after": 0, "steps": {"step": [1, 2], "loss": [4.0, 3.0]}})
    True
    >>> curve.take({"run": "a", "after": 5, "steps": {"step": [6], "loss": [2.0]}}), curve.last
    (False, 2)
    >>> curve.take({"run": "a", "after": 1, "steps": {"step": [2, 3], "loss": [3.0, 2.5]}}), curve.last, curve.parts
    (True, 3, [(0, 2), (1, 3)])
    """

    def __init__(self):
        self._begin(None)

    def _begin(self, run: str | None):
        self.run, self.last = run, 0
        self.losses: dict[int, float | None] = {}
        self.parts: list[tuple[int, int]] = []  # (after, last step) of each update that brought something

    def take(self, data: dict) -> bool:
        """-> whether nothing is missing."""
        steps = data["steps"]["step"]
        begins = data["run"] != self.run or (data["after"] == 0 and self.last > (steps[-1] if steps else 0))
        if begins:
            self._begin(data["run"])
        if data["after"] > self.last or (begins and not steps):
            return False
        if steps and steps[-1] > self.last:
            fresh = zip(steps, data["steps"]["loss"], strict=True)
            self.losses |= {step: loss for step, loss in fresh if step > self.last}
            self.parts.append((data["after"], steps[-1]))
            self.last = steps[-1]
        return True


class RawVisitor:
    """cookie: name=value, as the first page gives it. Use it as an async context manager."""

    def __init__(self, url: str, cookie: str, query: str = "lang=en"):
        self.url, self.cookie, self.query = url, cookie, query
        self.page, self.pages, self.keys = "", {}, {}  # key -> id of a widget that stands on the page
        self.curves: list[Curve] = []  # one for each time that the chart was mounted, the last one stands
        self.updates: list[float] = []  # seconds from each tick of a page's clock to the end of the update it asked for
        self.first_points: dict[str, float] = {}  # run -> when its first points came, by the monotonic clock
        self.asked_again, self.errors = 0, []
        self._page_hash, self._clocks, self._ticks = "", {}, []
        self._finished, self._whole_began = asyncio.Event(), False
        self._large: deque[str] = deque(maxlen=REMEMBERED)

    async def __aenter__(self) -> "RawVisitor":
        self.socket = await connect(
            self.url.replace("http://", "ws://") + "/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": self.cookie},
            origin=self.url,
            max_size=None,
            open_timeout=PATIENCE,
        )
        self._listener = asyncio.create_task(self._listen())
        await self._whole("", lambda: True)
        return self

    async def __aexit__(self, *_):
        self._stop_clocks()
        self._listener.cancel()
        await self.socket.close()
        with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
            await self._listener

    @property
    def polls(self) -> bool:
        """Whether the page that is shown asks for more by itself."""
        return bool(self._clocks)

    @property
    def run(self) -> str:
        """The run in the address."""
        return dict(part.split("=", 1) for part in self.query.split("&")).get("run", "")

    async def go(self, page: str, query: str | None = None) -> float:
        """Follow a link -> seconds until the page stood."""
        self.query = self.query if query is None else query
        return await self._whole(page, lambda: self.page == page)

    async def press(self, key: str, leads_to: str | None = None) -> float:
        """A button, by its key -> seconds until the page it leads to stood."""
        wanted = self.page if leads_to is None else leads_to
        return await self._whole(self.page, lambda: self.page == wanted, {self._widget(key): {"trigger_value": True}})

    async def type(self, key: str, text: str) -> float:
        return await self._whole(self.page, lambda: True, {self._widget(key): {"string_value": text}})

    def _widget(self, key: str) -> str:
        if key not in self.keys:
            raise LookupError(f"no {key} on the page {self.page!r}, but {sorted(self.keys)}; errors on pages: {self.errors}")
        return self.keys[key]

    async def _whole(self, page: str, stands, widgets: dict[str, dict] | None = None) -> float:
        """A run of the whole script, and of those it leads to."""
        began = time.monotonic()
        self._stop_clocks()  # those that the page needs begin anew
        self._ticks.clear()
        if page != self.page or not self.curves:
            self._large.clear()
            self.curves.append(Curve())
        self._finished.clear()
        self._whole_began = False
        await self._ask(self.pages.get(page, ""), widgets)
        async with asyncio.timeout(PATIENCE):
            await self._finished.wait()
            while not stands():
                self._finished.clear()
                await self._finished.wait()
        return time.monotonic() - began

    async def _ask(self, page_hash: str, widgets: dict[str, dict] | None = None, fragment: str = ""):
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash, rerun.fragment_id = self.query, page_hash, fragment
        rerun.is_auto_rerun = bool(fragment) and not widgets
        rerun.cached_message_hashes.extend(self._large)
        for widget_id, value in (widgets or {}).items():
            rerun.widget_states.widgets.add(id=widget_id, **value)
        await self.socket.send(message.SerializeToString())

    async def _tick(self, fragment: str):
        self._ticks.append(time.monotonic())
        await self._ask(self._page_hash, fragment=fragment)

    async def _clock(self, fragment: str, interval: float):
        """It goes on whether the last update has come or not, as a browser's does."""
        due = time.monotonic()
        while True:
            due += interval
            await asyncio.sleep(due - time.monotonic())
            await self._tick(fragment)

    def _stop_clocks(self):
        for clock in self._clocks.values():
            clock.cancel()
        self._clocks.clear()

    async def _listen(self):
        async for raw in self.socket:
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if message.metadata.cacheable:
                self._large.append(message.hash)
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                await self._element(message.delta.new_element, message.delta.fragment_id)
            elif handle := self._HANDLERS.get(kind):
                handle(self, message)

    async def _element(self, element, fragment: str):
        kind = element.WhichOneof("type")
        if kind in ("button", "text_area"):
            widget_id = getattr(element, kind).id
            self.keys[widget_id.split("-", 2)[-1]] = widget_id
        elif kind == "bidi_component" and element.bidi_component.component_name == CHART:
            await self._chart(element.bidi_component, fragment)
        elif kind == "exception" or (kind == "alert" and element.alert.format == Alert.ERROR):
            self.errors.append(element.exception.message or element.alert.body)

    async def _chart(self, component, fragment: str):
        data = json.loads(component.json)
        if not self.curves[-1].take(data):
            self.asked_again += 1
            missing = [{"event": "missing", "value": {"run": data["run"], "last": self.curves[-1].last}}]
            state = {TRIGGER.format(component.id): {"json_trigger_value": json.dumps(missing)}}
            await self._ask(self._page_hash, state, fragment)
        elif data["steps"]["step"]:
            self.first_points.setdefault(data["run"], time.monotonic())

    def _session(self, message):
        if not message.metadata.run.fragment_ids:  # a run of the whole script draws the page anew
            self._stop_clocks()
            self.keys.clear()
            self._whole_began = True
        self._page_hash = message.new_session.page_script_hash

    def _navigation(self, message):
        self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        self.page = next((name for name, page_hash in self.pages.items() if page_hash == message.navigation.page_script_hash), "")

    def _address(self, message):
        self.query = message.page_info_changed.query_string

    def _auto_rerun(self, message):
        asked = message.auto_rerun
        self._clocks[asked.fragment_id] = asyncio.create_task(self._clock(asked.fragment_id, asked.interval))

    def _script_finished(self, message):
        status = message.script_finished
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        now = time.monotonic()
        self.updates += [now - tick for tick in self._ticks]
        self._ticks.clear()
        if self._whole_began:  # a fragment's end will do: Streamlit may forget to tell of the whole run's end before it
            self._finished.set()

    _HANDLERS = {
        "new_session": _session,
        "navigation": _navigation,
        "page_info_changed": _address,
        "auto_rerun": _auto_rerun,
        "script_finished": _script_finished,
    }
