"""The tables: the outbox with its counters, what became of each event, and who publishes."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# How many slots the keys are hashed to; more than anybody has relays.
SLOTS = 1024


class Stream(models.Model):
    """One appointment's counter. Its row lock is what puts the appointment's events in the order of their commits."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=256, unique=True)
    revision = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.key} @ {self.revision}"


class OutboxEvent(models.Model):
    """An event that is committed with its appointment and published by the relay."""

    class State(models.TextChoices):
        """Where the event is on its way to Kafka."""

        PENDING = "pending", _("waiting")
        PUBLISHED = "published", _("published")
        PARKED = "parked", _("parked")
        DISCARDED = "discarded", _("discarded")

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(_("appointment"), max_length=256)
    # A hash of the key, by which several relays may share the work.
    slot = models.PositiveIntegerField()
    revision = models.BigIntegerField()
    # The first revision of the same change: one call may publish an event for each of several recipients.
    change = models.BigIntegerField()
    status = models.CharField(max_length=16)
    channels = models.CharField(max_length=64, blank=True)
    topic = models.CharField(max_length=249)
    # Holds the patient's addresses; emptied once it is published or discarded.
    value = models.TextField(blank=True)
    value_sha256 = models.CharField(max_length=64)
    headers = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    partition = models.IntegerField(null=True, blank=True)
    offset = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "revision"], name="appointment_event_revision"),
        ]
        indexes: ClassVar = [
            # What the relay reads in each round, and the clean-up. Not partial ones: SQLite uses those only where the
            # state is written into the statement, and MySQL has none.
            models.Index(fields=["state", "id"], name="appointment_event_waiting"),
            models.Index(fields=["state", "created_at"], name="appointment_event_state"),
        ]
        permissions: ClassVar = [("view_event_value", "Can see the addresses in an event that is not published yet")]
        verbose_name = _("appointment event")

    def __str__(self) -> str:
        return f"{self.key} @ {self.revision}: {self.state}"


class Outcome(models.Model):
    """What became of one event on one channel, as far as the system has told."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(_("appointment"), max_length=256)
    channel = models.CharField(max_length=32)
    revision = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=16, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField()
    provider_message_id = models.CharField(max_length=256, blank=True)
    dead_letter_id = models.CharField(max_length=256, blank=True)
    # Told beside the states above: they take nothing back.
    complained = models.BooleanField(default=False)
    unconfirmed = models.BooleanField(default=False)
    event_topic = models.CharField(max_length=249)
    event_partition = models.IntegerField()
    event_offset = models.BigIntegerField()
    # Changed, and outcome_received has not been sent yet.
    signal_due = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "event_topic", "event_partition", "event_offset"], name="appointment_outcome_event"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["key", "revision"], name="appointment_outcome_key"),
            models.Index(fields=["signal_due"], name="appointment_outcome_signal"),
        ]
        verbose_name = _("outcome")

    def __str__(self) -> str:
        return f"{self.key} @ {self.revision} {self.channel}: {self.told}"

    @property
    def told(self) -> str:
        """The state in one word: a complaint says more than a delivery, a late bounce more than both."""
        if self.complained and self.state != "undelivered":
            return "complained"
        return "unconfirmed" if self.unconfirmed and self.state == "sent" else self.state


class OutcomeFault(models.Model):
    """A record of the outcomes' topic that could not be read, and was passed over."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=249)
    partition = models.IntegerField()
    offset = models.BigIntegerField()
    reason = models.CharField(max_length=256)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["topic", "partition", "offset"], name="appointment_outcome_fault"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}: {self.reason}"


class RelayLease(models.Model):
    """Which relay publishes a shard, and until when. The fence counts the takeovers."""

    shard = models.CharField(primary_key=True, max_length=16)
    owner = models.CharField(max_length=128, blank=True)
    expires_at = models.DateTimeField()
    fence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.shard}: {self.owner or 'free'}"
