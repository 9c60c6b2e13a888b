"""The signal that tells a project what became of an event."""

from django.dispatch import Signal

# Sent after an Outcome has risen and its transaction is committed, with `outcome` (the row) and `using` (its database),
# by manage.py consume_outcomes. At least once: the same state may be told again after a crash. States that follow each
# other at once may be told as the last of them. A receiver that raises is logged and not called again for that state.
outcome_received = Signal()
