"""What publishing refuses. Each is a fault of the program, never of a person's data."""


class NotificationsError(Exception):
    """The base of this package's errors."""


class InvalidEvent(NotificationsError, ValueError):
    """The event breaks the contract. The text names the field and the rule, never the value."""


class NotInTransaction(NotificationsError):
    """Publishing was called outside `transaction.atomic()`: event and appointment would not commit together."""


class WrongDatabase(NotificationsError):
    """Appointment and outbox are in different databases: no transaction holds both."""


class LeaseLost(NotificationsError):
    """Another relay has taken over; what this one has not marked yet, that one publishes again."""
