"""manage.py consume_outcomes: stores what became of each event."""

import signal
from argparse import ArgumentParser
from typing import Any

from confluent_kafka import Consumer
from django.core.management.base import BaseCommand, CommandError
from django.db import router

from appointment_notifications.conf import config
from appointment_notifications.health import serve
from appointment_notifications.models import Outcome
from appointment_notifications.outcomes.consumer import ConsumerBroken, OutcomeConsumer


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT. Several may run: they share the partitions."""

    help = "Read what became of each appointment event, and send outcome_received."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--once", action="store_true", help="read what is there, then end")
        parser.add_argument("--health-addr", metavar="HOST:PORT", help="serve /livez, /readyz and /metrics there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads."""
        settings = config()
        consumer = OutcomeConsumer(settings, router.db_for_write(Outcome), Consumer)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: consumer.stop.set())
        if not options["once"]:
            self.stdout.write(f"reading {settings.OUTCOMES_TOPIC} as {settings.OUTCOMES_GROUP}; Ctrl+C ends it")
        try:
            with serve(options["health_addr"], consumer):
                consumer.run(until_idle=options["once"])
        except ConsumerBroken as error:
            raise CommandError(f"the consumer is of no more use: {error}") from error
