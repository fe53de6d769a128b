"""The embedded servers as a Django app, for `manage.py serve`. It has no models."""

from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "config.embedded"
    label = "embedded"
