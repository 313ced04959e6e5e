"""Rooms of the page Class: entry, board, what a student and a teacher see, PINs."""
