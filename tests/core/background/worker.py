"""A worker for the tests: the product's Celery app with tasks that report what they know."""

import sys

import structlog
from celery.exceptions import WorkerShutdown

from config.celery import app

log = structlog.get_logger(__name__)

OF_NO_USE = (
    "config.urls",
    "rest_framework.views",
    "drf_spectacular.openapi",
    "django.test",
    "pyzipper",
    "prompt_toolkit",
    "celery.bin.celery",
)
"""Modules that cost a worker much of its start."""


@app.task
def tell() -> None:
    log.info("told")


@app.task
def fail() -> None:
    raise ValueError("no answer from https://partner.example/?apikey=s3cret")


@app.task(acks_late=False)
def stop() -> None:
    log.info("stopping", loaded=[name for name in OF_NO_USE if name in sys.modules])
    raise WorkerShutdown(0)
