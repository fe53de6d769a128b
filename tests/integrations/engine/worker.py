"""A worker in a process of its own, over the database of the test that starts it: it serves the deliveries' queue once, and ends."""

from multiprocessing import get_context
from multiprocessing.context import ForkProcess

from django.db import connection

from config.core.http.connection import pool
from integrations.delivery import scheduler


def start() -> ForkProcess:
    """Forked, as Celery's are: all that is imported already need not be imported again."""
    process = get_context("fork").Process(target=_work)
    process.start()
    return process


def _work() -> None:
    connection.connection = None  # not closed: the session is the parent's
    pool.forget()
    scheduler.serve_destinations(seconds=60)
