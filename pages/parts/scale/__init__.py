"""The rooms of the page Scale."""
