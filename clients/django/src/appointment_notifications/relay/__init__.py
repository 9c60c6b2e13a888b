"""Publishes what the outbox holds: one relay at a time, appointment by appointment in order."""
