"""Runs as files: exported, read in a process with limits, and checked against a schema."""
