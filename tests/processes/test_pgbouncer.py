"""Web processes behind pgbouncer in transaction mode, where each transaction has another session; workers beside them without it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import psycopg
import pytest

from config.core.accounts import roles
from config.embedded.paths import REPOSITORY
from config.embedded.processes import ends_with_parent
from tests.clients.webhook_client import WebhookClient
from tests.embedded.installation import until
from tests.processes.sluice import Sluice, free_port
from tests.processes.test_first_lead import Browser

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not PGBOUNCER, reason="pgbouncer is not installed, and no package of PyPI or npm has it: `apt-get install pgbouncer`, as CI does"
    ),
]

CAMPAIGN = "Payroll demo requests"  # active, without a cap, with the three jobs
POSTS, SIDE_BY_SIDE = 100, 8
PAGES = 25
SESSIONS = 3
"""Fewer than web processes and threads, and given out in turn: what one transaction leaves behind the next of another process finds."""

CONFIG = """
[databases]
sluice = host={folder} port=5432 dbname=sluice user=sluice
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
server_round_robin = 1
ignore_startup_parameters = extra_float_digits
"""


@pytest.fixture(scope="module")
def pgbouncer(sluice: Sluice) -> Iterator[str]:
    """Its address. It refuses to run as root, and reads the socket of the database as its user."""
    assert PGBOUNCER, "CI installs it"
    port = free_port()
    server = psycopg.conninfo.conninfo_to_dict(sluice.database_url)
    with tempfile.TemporaryDirectory(prefix="pgbouncer") as folder:
        Path(folder).chmod(0o755)
        config = Path(folder) / "pgbouncer.ini"
        config.write_text(CONFIG.format(folder=server["host"], port=port, sessions=SESSIONS))
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with program([PGBOUNCER, *user, str(config)]):
            address = f"postgresql://sluice@127.0.0.1:{port}/sluice"
            until(lambda: _answers(address), "pgbouncer answers", within=20)
            yield address


@pytest.fixture(scope="module")
def web(sluice: Sluice, pgbouncer: str) -> Iterator[str]:
    """The address of web processes that reach the database through it."""
    port = free_port()
    environment = {**sluice.environment, "DATABASE_URL": pgbouncer, "SLUICE_DATABASE_POOLED": "1", "PORT": str(port)}
    words = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--no-control-socket",
        "config.wsgi:application",
    ]
    with program(words, environment):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def program(words: list[str], environment: dict[str, str] | None = None) -> Iterator[None]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            words, cwd=REPOSITORY, env=environment, stdout=log, stderr=log, preexec_fn=ends_with_parent(signal.SIGTERM)
        )
        try:
            yield
            assert process.poll() is None, "it ended by itself"
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            process.terminate()
            process.wait(30)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, prepare_threshold=None).close()
    except psycopg.OperationalError:
        return False
    return True


def test_posts_pages_and_programs_work_and_workers_judge(sluice: Sluice, web: str) -> None:
    campaign = sluice.campaign(CAMPAIGN)
    browser = until(lambda: _signed_in(sluice, web), "the web processes answer", within=60)
    client = WebhookClient(web, campaign["id"], campaign["api_key"])

    def post(number: int) -> int:
        person = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": f"{number}@pooled.example"}
        return client.create_lead(campaign["forms"][1]["id"], person)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        posted = threads.map(post, range(POSTS))
        seen = dict(_walk(browser))
        leads = list(posted)
    assert len(set(leads)) == POSTS
    assert {path: status for path, status in seen.items() if status >= 500} == {}
    assert len(seen) > PAGES / 2, "most of the product was seen"
    sluice.wait_until_all_are_judged()
    assert sluice.not_judged_exactly_once(leads) == []


def _signed_in(sluice: Sluice, web: str) -> Browser | None:
    try:
        return Browser(web).signed_in(next(user for user in sluice.world["users"] if user["role"] == roles.ADMIN))
    except OSError:
        return None


def _walk(browser: Browser) -> Iterator[tuple[str, int]]:
    """Ask for addresses that pages lead to, one of each kind: numbers in them make no difference."""
    waiting, known = deque(["/"]), set()
    while waiting and len(known) < PAGES:
        path = waiting.popleft()
        kind = re.sub(r"\d+", "N", urlsplit(path).path)
        if kind in known or kind.startswith(("/static/", "/sign-out")):
            continue
        known.add(kind)
        try:
            page = browser.get(path)
        except HTTPError as refusal:
            yield path, refusal.code
        except UnicodeDecodeError:
            yield path, 200  # a workbook
        else:
            yield path, 200
            waiting += (address.replace("&amp;", "&") for address in re.findall(r'(?:href|hx-get)="(/[^"#]*)"', page))
