"""A worker for the tests: the product's Celery app with tasks that report what they know."""

import structlog
from celery.exceptions import WorkerShutdown

from config.celery import app

log = structlog.get_logger(__name__)


@app.task
def tell() -> None:
    log.info("told")


@app.task
def fail() -> None:
    raise ValueError("no answer from https://partner.example/?apikey=s3cret")


@app.task(acks_late=False)
def stop() -> None:
    log.info("stopping")
    raise WorkerShutdown(0)
