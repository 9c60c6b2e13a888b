"""manage.py notifications_recover: what to do after the database was restored from a backup."""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import router, transaction
from django.db.models import F
from django.utils import timezone

from appointment_notifications.conf import config
from appointment_notifications.models import OutboxEvent, Stream


class Command(BaseCommand):
    """Raises all counters, since the backup's may be behind what was published, and parks what is too old."""

    help = "Run once after a restore from backup, before the relay starts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument(
            "--skip",
            type=int,
            required=True,
            metavar="N",
            help="more changes than any appointment had since",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Does it in one transaction."""
        settings, skip = config(), options["skip"]
        if skip < 1:
            raise CommandError("--skip: at least 1")
        if settings.revision_field and not settings.MODELS:
            raise CommandError("REVISION names a field: set MODELS, so that its models are known")
        database = router.db_for_write(OutboxEvent)
        with transaction.atomic(using=database):
            raised = Stream.objects.using(database).update(revision=F("revision") + skip)
            for label in settings.MODELS if settings.revision_field else ():
                name = str(settings.revision_field)
                apps.get_model(label)._base_manager.using(database).update(**{name: F(name) + skip})
            parked = (
                OutboxEvent.objects.using(database)
                .filter(state="pending", created_at__lt=timezone.now() - settings.MAX_AGE)
                .update(state="parked", last_error="too old after a restore")
            )
        self.stdout.write(f"{raised} counters raised by {skip}, {parked} events parked")
