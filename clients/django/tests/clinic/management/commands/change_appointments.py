"""manage.py change_appointments: the load of the kill tests. Prints how many changes each appointment has had."""

import json
import random
import threading
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from appointment_notifications.publishing import publish_appointment
from tests.clinic.models import Appointment


class Command(BaseCommand):
    """Changes appointments from several threads at a steady pace."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--threads", type=int, default=8)
        parser.add_argument("--appointments", type=int, default=200)
        parser.add_argument("--changes", type=int, default=2000)
        parser.add_argument("--seconds", type=float, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        starts_at = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
        with transaction.atomic():
            made = [Appointment.objects.create(starts_at=starts_at, counter=1) for _ in range(options["appointments"])]
            for appointment in made:
                publish_appointment(appointment)
        share = options["changes"] // options["threads"]
        pause = options["seconds"] / share
        threads = [
            threading.Thread(target=change, args=([a.pk for a in made], share, pause, seed))
            for seed in range(options["threads"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.stdout.write(json.dumps(dict(Appointment.objects.values_list("pk", "counter"))))


def change(keys: list[int], count: int, pause: float, seed: int) -> None:
    chance = random.Random(seed)
    begin = time.monotonic()
    for n in range(count):
        key = chance.choice(keys)
        with transaction.atomic():
            Appointment.objects.filter(pk=key).update(counter=F("counter") + 1)
            publish_appointment(Appointment.objects.get(pk=key), status="rescheduled")
        time.sleep(max(0.0, begin + (n + 1) * pause - time.monotonic()))
    connection.close()
