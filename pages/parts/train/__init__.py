"""The form and the live page of Train: settings, checks before a start, watching."""
