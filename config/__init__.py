"""The project: settings, addresses, background app, embedded servers, and the panel every screen shares."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
