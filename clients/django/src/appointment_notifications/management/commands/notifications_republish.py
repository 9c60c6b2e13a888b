"""manage.py notifications_republish: what to do after Kafka lost events, or deleted them unread."""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import router
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from appointment_notifications.conf import config
from appointment_notifications.models import OutboxEvent
from appointment_notifications.republishing import appointments, republish, unanswered


class Command(BaseCommand):
    """Publishes the last change of each appointment of which no outcome has come, with the revision that it had."""

    help = "Publish again what was published since a time and has no outcome."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--since", required=True, metavar="TIME", help="such as 2026-11-20T08:00:00+01:00")
        parser.add_argument("--yes", action="store_true", help="do it; without it they are only counted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Counts, or makes them pending."""
        settings, since = config(), parse_datetime(options["since"])
        if since is None or timezone.is_naive(since):
            raise CommandError("--since: a time with an offset is needed, such as 2026-11-20T08:00:00+01:00")
        if not settings.MODELS:
            raise CommandError("set MODELS, so that the appointments can be found")
        database = router.db_for_write(OutboxEvent)
        keys = unanswered(database, since)
        if not options["yes"]:
            self.stdout.write(f"{len(keys)} appointments have no outcome; --yes publishes them again")
            return
        done = 0
        for label in settings.MODELS:
            found = appointments(settings, database, keys, apps.get_model(label)._base_manager)
            done += sum(republish(settings, database, appointment, key) for key, appointment in found.items())
        self.stdout.write(f"{done} appointments will be published again, {len(keys) - done} cannot be")
