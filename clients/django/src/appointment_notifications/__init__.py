"""Publishes a Django project's appointments to Kafka without losing one, and shows what became of each.

The functions that touch the database live in `appointment_notifications.publishing`; this module holds what a
project needs before its models are loaded.
"""

from appointment_notifications.errors import InvalidEvent, NotInTransaction, WrongDatabase
from appointment_notifications.event import AppointmentEvent

__all__ = ["AppointmentEvent", "InvalidEvent", "NotInTransaction", "WrongDatabase"]
__version__ = "0.1.0"
