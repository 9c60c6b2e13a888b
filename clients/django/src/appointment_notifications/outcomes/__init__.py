"""Reads what became of each event, and keeps it."""
