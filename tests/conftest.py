"""Where the shared fixtures come from."""

import uuid

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import override_settings

from config.panel import enterprise, sql, throttle

pytest_plugins = ["tests.cast", "tests.fixtures_browser", "tests.panel.outbound.servers", "tests.side_by_side"]


@pytest.fixture(autouse=True)
def _fresh_enterprise():
    """The row a process keeps at hand belongs to a test that is rolled back."""
    enterprise.forget()


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch):
    """All tests call from one address, within the same five minutes."""
    monkeypatch.setattr(throttle, "SPACE", f"calls:{uuid.uuid4()}")
    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)


@pytest.fixture(scope="session", autouse=True)
def _fast_passwords():
    """A hasher made to be slow would be most of the suite's time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests that commit empty every table afterwards, which the guard of the audit trail refuses for good reason."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in sql.TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER no_truncate")
        _keep_what_the_migrations_put_in()


def _keep_what_the_migrations_put_in() -> None:
    """Emptied tables get it back: the next test finds what it would find alone, whatever went before it in its process."""
    models = [model for model in apps.get_models() if model.__module__.split(".")[0] in ("config", "campaigns", "leads", "processr")]
    kept = [(model, rows) for model in models if (rows := list(model._base_manager.all()))]

    def put_back(**_: object) -> None:
        for model, rows in kept:
            model._base_manager.bulk_create(rows)

    post_migrate.connect(put_back, sender=apps.get_app_config("leads"), weak=False)
