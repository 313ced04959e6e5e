"""A field for a number that accepts whatever is typed and refuses what lies outside its range, in the visitor's language.

Streamlit's own bounds are checked in the browser, in English, and the script then goes on with the number that stood there before.
"""

import math

import streamlit as st

from lmcore.errors import SettingOutOfRange
from pages.parts import number_format
from pages.parts.error_sentences import sentence
from pages.parts.language import _


def number_field(label: str, low, high, *, key: str, default=None, whole=None, step=None, container=None, below=None, **more):
    """The number; None where it is refused, which is said in the container `below`. It is whole where `low` is, or where asked."""
    container, whole = container or st.container(gap="xsmall"), isinstance(low, int) if whole is None else whole
    if default is not None:
        st.session_state.setdefault(key, default)
    value = container.number_input(
        label, value=None, step=float(step or 1), format="%.10g", key=key, help=_help(more.pop("help", None), low, high), **more
    )
    if words := refusal(label, value, low, high, whole):
        (below or container).caption(f":red[:material/error: {words}]")
        return None
    return round(value) if whole else float(value)


def refusal(label: str, value: float | None, low, high, whole: bool) -> str | None:
    """The sentence that refuses a number, naming its range; None where it is fine."""
    values = {"field": label, "low": written(low), "high": written(high)}
    if value is None or math.isnan(value):
        return _("“{field}” is empty; it must be a number between {low} and {high}.").format(**values)
    values["value"] = written(value)
    if not low <= value <= high:
        return sentence(SettingOutOfRange.code, values)
    if whole and value != round(value):
        return _("“{field}” is {value}; it must be a whole number between {low} and {high}.").format(**values)
    return None


def _help(help: str | None, low, high) -> str:
    """What the field means, and its range."""
    span = _("From {low} to {high}.").format(low=written(low), high=written(high))
    return f"{help}  \n{span}" if help else span


def written(number: float) -> str:
    """
    >>> [written(number) for number in (300, 1_000_000.0, 0.000001, -2.5, 1e300, -1e-9)]
    ['300', '1,000,000', '0.000001', '-2.5', '1.0×10³⁰⁰', '-1.0×10⁻⁹']
    """
    if number and not 1e-7 <= abs(number) < 1e15:
        sign = "-" if number < 0 else ""
        return f"{sign}∞" if math.isinf(number) else sign + number_format.scientific(math.log(abs(number)))
    whole, dot, rest = f"{number:,.10f}".partition(".")
    return whole + (dot + rest).rstrip("0").rstrip(".")
