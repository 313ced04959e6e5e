"""Runs of the app: where they are kept, whose turn it is, the processes that train them, their files. Needs no screen."""
