"""A small clinic, to try things out with. Not for the internet: see Django's deployment checklist."""

import os
from pathlib import Path

SECRET_KEY = os.environ.get("SECRET_KEY", "for trying out only")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
ROOT_URLCONF = "project.urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "appointment_notifications",
    "clinic",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
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
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ.get("DATA_FOLDER", ".")) / "clinic.sqlite3",
        "OPTIONS": {
            # What keeps the order of events on SQLite, and lets web server, relay and consumer share the file.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;",
        },
    }
}

APPOINTMENT_NOTIFICATIONS = {
    "EVENT_BUILDER": "clinic.events.build",
    "KAFKA": {"bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")},
    "TOPIC": os.environ.get("KAFKA_TOPIC_APPOINTMENTS_CREATED", "appointments.created"),
    "OUTCOMES_TOPIC": os.environ.get("KAFKA_TOPIC_OUTCOMES", "notifications.outcomes"),
}
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"appointment_notifications": {"handlers": ["console"], "level": "INFO"}},
}
