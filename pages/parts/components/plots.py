"""One place for how every Plotly chart is drawn: its tool bar, in the visitor's language, sends nothing anywhere."""

import streamlit as st

from pages.parts.language import _, current_language


def options() -> dict:
    """Plotly's configuration of a chart, for st.plotly_chart and for components alike."""
    said = {
        "Download plot as a PNG": _("Download plot as a PNG"),
        "Preparing image - this may take a few seconds": _("Preparing image - this may take a few seconds"),
        "Image download succeeded": _("Image download succeeded"),
        "Sorry, there was a problem downloading your image!": _("Sorry, there was a problem downloading your image!"),
        "Zoom": _("Zoom"),
        "Pan": _("Pan"),
        "Zoom in": _("Zoom in"),
        "Zoom out": _("Zoom out"),
        "Autoscale": _("Autoscale"),
        "Reset axes": _("Reset axes"),
        "Double-click to zoom back out": _("Double-click to zoom back out"),
        "Double-click on legend to isolate one trace": _("Double-click on legend to isolate one trace"),
    }
    language = current_language()
    return {
        "responsive": True,
        "displaylogo": False,
        "showSendToCloud": False,  # Plotly's default is a button that uploads the chart
        "modeBarButtonsToRemove": ["select2d", "lasso2d"],
        "locale": language,
        "locales": {language: {"dictionary": said, "format": {}}},
    }


def show(figure, *, key: str):
    st.plotly_chart(figure, key=key, config=options())
