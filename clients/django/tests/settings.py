"""Settings of the tests. The harness in tests/django sets the variables; without it SQLite is used."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

SECRET_KEY = "for tests only"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "appointment_notifications",
    "tests.clinic",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES: dict[str, dict[str, Any]]
if os.environ.get("TEST_DATABASE") == "postgres":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            # A folder with the server's socket, and the database's name: PGHOST, PGPORT, PGUSER are libpq's own.
            "NAME": os.environ.get("TEST_DATABASE_NAME", "postgres"),
        }
    }
else:
    # A file, because several processes and threads use it at once.
    folder = Path(os.environ.get("TEST_DATABASE_FOLDER") or tempfile.mkdtemp(prefix="appointments-"))
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("TEST_DATABASE_NAME") or folder / "db.sqlite3",
            "TEST": {"NAME": folder / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 60,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }

# librdkafka's names for what the harness calls as the workers' settings are called.
SECURITY = {
    "security.protocol": "KAFKA_SECURITY_PROTOCOL",
    "sasl.mechanism": "KAFKA_SASL_MECHANISM",
    "sasl.username": "KAFKA_SASL_USERNAME",
    "sasl.password": "KAFKA_SASL_PASSWORD",
    "ssl.ca.location": "KAFKA_TLS_CA_FILE",
}
KAFKA = {"bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")}
KAFKA |= {name: os.environ[variable] for name, variable in SECURITY.items() if variable in os.environ}

APPOINTMENT_NOTIFICATIONS = {
    "EVENT_BUILDER": os.environ.get("EVENT_BUILDER", "tests.clinic.events.build"),
    "MODELS": ("clinic.Appointment",),
    "KAFKA": KAFKA,
    "TOPIC": os.environ.get("KAFKA_TOPIC_APPOINTMENTS_CREATED", "appointments.created"),
    "OUTCOMES_TOPIC": os.environ.get("KAFKA_TOPIC_OUTCOMES", "notifications.outcomes"),
    # Short for the tests that kill its holder again and again.
    "LEASE": timedelta(seconds=float(os.environ.get("LEASE_SECONDS", "15"))),
    "DELIVERY_TIMEOUT": timedelta(seconds=float(os.environ.get("DELIVERY_TIMEOUT_SECONDS", "20"))),
    "OUTCOMES_GROUP": os.environ.get("OUTCOMES_GROUP", "appointments-django"),
}
