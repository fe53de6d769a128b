"""The embedded servers as a Django app: it brings `manage.py serve`, and no model."""

from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "config.embedded"
    label = "embedded"
