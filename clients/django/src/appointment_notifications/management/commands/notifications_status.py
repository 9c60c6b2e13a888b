"""manage.py notifications_status: how the outbox is doing."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import router

from appointment_notifications import status
from appointment_notifications.models import OutboxEvent


class Command(BaseCommand):
    """Prints figures. The exit code is 1 where a person has to look at something."""

    help = "Show how many appointment events wait, and whether anything is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints them."""
        now = status.read(router.db_for_read(OutboxEvent))
        if options["json"]:
            self.stdout.write(json.dumps(now.as_dict()))
        else:
            for name, value in now.as_dict().items():
                if name != "problems":
                    self.stdout.write(f"{name:24} {value:g}")
            self.stdout.write("\n".join(now.problems) or "all is well")
        if now.problems:
            sys.exit(1)
