"""The programs of a small installation: web, workers and scheduler, each a child of the launcher."""

import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from config.embedded.launcher import marked_environment
from config.embedded.paths import REPOSITORY, state_dir
from config.embedded.processes import StartRefused, spawn
from config.embedded.supervision import Child

KEEP_ALIVE_SECONDS = "15"
CALLS_AT_A_TIME = "8"


def bind() -> str:
    return os.environ.get("BIND") or "127.0.0.1"


def port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise StartRefused(f"PORT={text} is not a port number: give one from 1 to 65535.")
    return int(text)


def base_url() -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bind(), bind())
    return os.environ.get("SLUICE_BASE_URL") or f"http://{host}:{port()}"


def refuse_taken_port() -> None:
    family = socket.AF_INET6 if ":" in bind() else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind(), port()))
        except OSError as error:
            raise StartRefused(
                f"Port {port()} on {bind()} cannot be used ({error.strerror}). Choose another: make run PORT={port() + 1}"
            ) from None


def web() -> Child:
    workers, threads = os.environ.get("WEB_WORKERS") or "2", os.environ.get("WEB_THREADS") or "16"
    address = f"[{bind()}]:{port()}" if ":" in bind() else f"{bind()}:{port()}"
    options = ["--config", "python:config.web_server"]
    options += ["--bind", address, "--workers", workers, "--no-control-socket", "--graceful-timeout", "10", "--timeout", "60"]
    options += ["--worker-class", "config.web_worker.WebWorker", "--threads", threads, "--keep-alive", KEEP_ALIVE_SECONDS]
    # Allow long queries, such as the address of a page. Forwarded headers are ignored: gunicorn would trust them from this machine.
    options += ["--limit-request-line", "8190", "--forwarder-headers", ""]
    options += ["--preload"]  # the application is loaded once, not by each process, and most of its memory is shared
    options += ["--log-level", "warning"]  # no access log: RequestLogMiddleware writes one line for every request
    return _program("web", "gunicorn", *options, "config.wsgi:application")


def worker() -> Child:
    return _worker("worker", settings.WORK_QUEUES, processes=os.environ.get("SLUICE_WORKERS") or "2")


def caller() -> Child:
    """Return the worker for trials and e-mails. Its threads mostly wait for others, and somebody waits for each trial."""
    queues = (*settings.TRIAL_QUEUES, *settings.MAIL_QUEUES)
    return _worker("caller", queues, processes=CALLS_AT_A_TIME, pool="threads", niceness=0)


def deliverer() -> Child:
    """Return the worker for deliveries, apart from the other, whose processes hanging receivers would keep from judging leads."""
    return _worker("deliverer", settings.DELIVERY_QUEUES, processes=os.environ.get("SLUICE_DELIVERERS") or "2")


def batcher() -> Child:
    """Return the worker for files of batches, apart from the others: a slow server would hold them up for half an hour."""
    return _worker("batcher", settings.BATCH_QUEUES, processes=os.environ.get("SLUICE_BATCHERS") or "2")


def _worker(name: str, queues: Sequence[str], *, processes: str, pool: str = "prefork", niceness: int = 5) -> Child:
    options = ["--queues", ",".join(queues), "--pool", pool, "--concurrency", processes, "--hostname", f"{name}@%h"]
    options += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    # Even Celery's cold shutdown may take minutes when its broker ends at the same moment. When it is killed, its
    # processes end too.
    return _program(name, "config.celery_program", "worker", *options, last_signal=signal.SIGKILL, niceness=niceness)


def scheduler() -> Child:
    return _program("scheduler", "config.celery_program", "beat", "--pidfile", "", "--loglevel", "WARNING")


def _program(name: str, module: str, *arguments: str, last_signal: signal.Signals = signal.SIGTERM, niceness: int = 0) -> Child:
    """Return a child for a program. `last_signal` is sent when the launcher was killed, as nothing waits for a graceful end then.

    Its log has lines of JSON, unless SLUICE_LOG says otherwise. `niceness` gives web requests precedence over background
    work on a busy machine.
    """
    command = [sys.executable, "-m", module, *arguments]
    env = {"SLUICE_LOG": "json", **marked_environment(), "PORT": str(port()), "BIND": bind(), "PYTHONUNBUFFERED": "1"}
    return Child(name, lambda: spawn(command, log=log_file(name), last_signal=last_signal, niceness=niceness, env=env, cwd=REPOSITORY))


def log_file(name: str) -> Path:
    return state_dir() / "log" / f"{name}.log"
