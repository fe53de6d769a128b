"""The project: settings, URLs, Celery app, embedded servers, and the core shared by all apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
