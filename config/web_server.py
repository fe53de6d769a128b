"""The configuration of gunicorn: `gunicorn --config python:config.web_server …`.

Its lines are those of the product's logs, the access log included, and all its processes count into one folder.
"""

import gc
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from gunicorn import systemd
from gunicorn.glogging import Logger

from config import logs
from config.embedded.paths import state_dir

COUNTERS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder to prometheus_client. It reads it when it is imported, so it is set here, before the application."""

PREDECESSOR = "GUNICORN_PID"
"""The variable that names, after a reload, the process that was the web server before."""

logs.configure(json_lines=logs.wants_json())
_access = structlog.get_logger("gunicorn.access")


class WebServerLog(Logger):
    """Writes gunicorn's messages and its access log as the product writes its own lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                handler.setFormatter(logs.formatter(json_lines=logs.wants_json()))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:  # noqa: ARG002  (gunicorn's signature)
        """Log the path without its query string, which may hold keys and tokens."""
        if not self.access_log_enabled:
            return
        answered = {name.lower(): value for name, value in resp.headers}
        _access.info(
            "served",
            address=environ.get("REMOTE_ADDR"),
            method=environ.get("REQUEST_METHOD"),
            path=environ.get("PATH_INFO"),
            status=int(str(resp.status).split(None, 1)[0]),
            bytes=getattr(resp, "sent", None),
            ms=round(request_time.total_seconds() * 1000, 1),
            request_id=answered.get("x-request-id"),
        )


logger_class = WebServerLog


def when_ready(server: Any) -> None:
    """Look for garbage from now on, but not among what was loaded, so that all processes share its pages.

    Also tell systemd which process the service is now, after a reload. It would take the end of the old one for that of the service.
    """
    gc.freeze()
    gc.enable()
    if PREDECESSOR in os.environ:
        systemd.sd_notify(f"MAINPID={os.getpid()}", server.log)


def post_worker_init(worker: Any) -> None:
    """Let the web server before a reload (USR2) end, now that a process of the new one takes requests.

    It finishes the requests it has. If the new release does not start, nothing reaches this place, and the old one goes on.
    """
    if predecessor := os.environ.get(PREDECESSOR):
        worker.log.info("The new release takes requests; process %s finishes its own and ends.", predecessor)
        with suppress(ProcessLookupError):
            os.kill(int(predecessor), signal.SIGTERM)


def _begin_to_count(folder: Path) -> None:
    """Empty the folder of counters. A master that a reload (USR2) has started goes on with those of the one before it.

    Where the disk cannot be written, each process counts for itself.
    """
    with suppress(OSError):
        if PREDECESSOR not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[COUNTERS] = str(folder)


gc.disable()  # until the application is loaded: see `when_ready`
_begin_to_count(Path(os.environ.get(COUNTERS) or state_dir() / "metrics"))
