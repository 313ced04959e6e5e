"""A visitor without a browser who keeps what a page sent, and sends what another visitor's browser would have sent.

One look at a page is `raw_client`; one who stays and polls as a browser does is `raw_visitor`.
"""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

KINDS = (
    "button",
    "text_input",
    "number_input",
    "selectbox",
    "multiselect",
    "checkbox",
    "button_group",
    "text_area",
    "download_button",
    "menu_button",
)


def socket_to(url: str, cookie: str | None = None, origin: str | None = None, session: str | None = None):
    """A websocket; as a browser's only with its server as the origin."""
    headers = {"Cookie": cookie} if cookie else {}
    offered = ["streamlit"] if session is None else ["streamlit", "no-token", session]
    return connect(
        url.replace("http://", "ws://") + "/_stcore/stream",
        subprotocols=offered,
        additional_headers=headers,
        origin=origin,
        max_size=None,
        open_timeout=60,
    )


class Tab:
    """One websocket, used as a context manager."""

    def __init__(self, url: str, cookie: str | None, session: str | None = None):
        self.socket = socket_to(url, cookie, origin=url, session=session)
        self.sent: list[bytes] = []
        self.widgets: dict[str, str] = {}  # id -> key, of all widgets that ever stood on a page
        self.session = None

    def __enter__(self) -> "Tab":
        return self

    def __exit__(self, *_):
        self.socket.close()

    def open(self, page: str, query: str, **states) -> str:
        """One run of a page's script -> all that came, as text. states: widget id -> its value, a field of WidgetState."""
        ask = BackMsg()
        ask.rerun_script.query_string, ask.rerun_script.page_name = query, page
        for widget_id, value in states.items():
            ask.rerun_script.widget_states.widgets.append(WidgetState(id=widget_id, **value))
        return self.send(ask.SerializeToString())

    def send(self, raw: bytes) -> str:
        """Send bytes of any visitor; return what came back until a script had run to its end."""
        self.sent.append(raw)
        self.socket.send(raw)
        said = []
        while True:
            message = ForwardMsg.FromString(self.socket.recv(timeout=90))
            said.append(str(message))
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                if (name := element.WhichOneof("type")) in KINDS:
                    widget_id = getattr(element, name).id
                    self.widgets[widget_id] = widget_id.split("-", 2)[-1]
            if kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return "\n".join(said)

    def id_of(self, key: str) -> str:
        return next(widget_id for widget_id, known in self.widgets.items() if known == key)
