"""Who publishes: a row in the database, so that it works on each of them and behind each connection pooler."""

import logging
import os
import secrets
import socket
import time
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from appointment_notifications.errors import LeaseLost
from appointment_notifications.models import RelayLease

log = logging.getLogger(__name__)


class Lease:
    """One relay's hold on one shard. Times are the database's: hosts' clocks are never compared.

    Two relays that both believe they hold it (one was frozen) publish twice at worst, which the workers notice;
    `guard` keeps the late one from marking anything.
    """

    def __init__(self, database: str, shard: str, duration: timedelta) -> None:
        self.shard = shard
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.fence: int | None = None
        self._database = database
        self._duration = duration
        self._renewed = 0.0
        self._rows = RelayLease.objects.using(database).filter(shard=shard)

    @property
    def held(self) -> bool:
        """Whether this relay held the lease when it last looked."""
        return self.fence is not None

    def hold(self) -> bool:
        """Takes or renews the lease where that is due and reports whether it is held."""
        if self.fence is not None and time.monotonic() - self._renewed < self._duration.total_seconds() / 3:
            return True
        asked = time.monotonic()
        if self.fence is not None and not self._renew():
            log.warning("lease of shard %s lost", self.shard)
            self.fence = None
        if self.fence is None:
            self._take()
        self._renewed = asked
        return self.held

    def check(self) -> None:
        """Renews where due; raises LeaseLost if another relay has taken over."""
        fence = self.fence
        if not self.hold() or self.fence != fence:
            raise LeaseLost(self.shard)

    def guard(self) -> None:
        """Inside a transaction: raises LeaseLost unless nobody else can take over before it commits or has already."""
        if self._mine().select_for_update().first() is None:
            self.fence = None
            raise LeaseLost(self.shard)

    def release(self) -> None:
        """Gives the lease back, so that another relay need not wait for its end."""
        self._mine().update(owner="", expires_at=Now())
        self.fence = None

    def _renew(self) -> bool:
        return bool(self._mine().update(expires_at=Now() + self._duration))

    def _take(self) -> None:
        if not self._rows.exists():
            past = datetime(2000, 1, 1, tzinfo=UTC)
            RelayLease.objects.using(self._database).get_or_create(shard=self.shard, defaults={"expires_at": past})
        free = self._rows.filter(expires_at__lte=Now())
        # A look first: a standby that only waits writes nothing.
        if not free.exists():
            return
        with transaction.atomic(using=self._database):
            if free.update(owner=self.owner, fence=F("fence") + 1, expires_at=Now() + self._duration):
                self.fence = self._rows.values_list("fence", flat=True).get()
                log.info("lease of shard %s taken, fence %d", self.shard, self.fence)

    def _mine(self) -> QuerySet[RelayLease]:
        return self._rows.filter(owner=self.owner, fence=-1 if self.fence is None else self.fence)
