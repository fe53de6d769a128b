"""The project: settings, addresses, background app, embedded servers, and the core that every screen shares."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
