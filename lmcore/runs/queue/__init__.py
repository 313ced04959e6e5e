"""Whose turn it is to train, and the processes that start, wake and end workers."""
