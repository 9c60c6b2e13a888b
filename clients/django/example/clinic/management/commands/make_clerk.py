"""manage.py make_clerk: a user for trying out, unless there is one."""

import os
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.filter(username="clerk").exists():
            User.objects.create_superuser("clerk", password=os.environ.get("CLERK_PASSWORD", "clerk"))
