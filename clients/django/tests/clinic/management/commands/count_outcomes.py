"""manage.py count_outcomes N: exit code 0 once N events are known to be sent."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from appointment_notifications.models import Outcome


class Command(BaseCommand):
    """Counts what the consumer has stored."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("expected", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        sent = Outcome.objects.filter(state__in=["sent", "delivered"]).count()
        sys.exit(0 if sent == options["expected"] else 1)
