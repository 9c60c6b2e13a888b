"""manage.py relay_notifications: publishes the outbox."""

import signal
from argparse import ArgumentParser
from typing import Any

from confluent_kafka import Producer
from django.core.management.base import BaseCommand, CommandError
from django.db import router

from appointment_notifications.conf import config
from appointment_notifications.health import serve
from appointment_notifications.models import OutboxEvent
from appointment_notifications.relay.relay import ProducerBroken, Relay


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT. Several may run: one publishes, the others stand by."""

    help = "Publish the appointment events of the outbox to Kafka."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--once", action="store_true", help="publish what is due, then end; 1 if it could not be")
        parser.add_argument("--shard", default="0/1", metavar="I/N", help="publish the Ith of N parts (from 0)")
        parser.add_argument("--health-addr", metavar="HOST:PORT", help="serve /livez, /readyz and /metrics there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Publishes."""
        part, parts = shard(options["shard"])
        settings = config()
        relay = Relay(settings, router.db_for_write(OutboxEvent), Producer, part, parts)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop.set())
        if not options["once"]:
            self.stdout.write(f"publishing to {settings.TOPIC}, shard {part}/{parts}; Ctrl+C ends it")
        try:
            with serve(options["health_addr"], relay):
                if not options["once"]:
                    relay.run()
                elif not relay.run_once():
                    raise CommandError(relay.problem or "not everything could be published")
        except ProducerBroken as error:
            raise CommandError(f"the producer is of no more use: {error}") from error


def shard(text: str) -> tuple[int, int]:
    """Reads I/N."""
    try:
        part, parts = (int(number) for number in text.split("/"))
    except ValueError:
        part, parts = -1, 0
    if not 0 <= part < parts:
        raise CommandError(f"--shard {text}: I/N is needed, with I from 0 to N-1")
    return part, parts
