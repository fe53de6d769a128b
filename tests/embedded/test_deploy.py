"""docs/deploy.md: its commands run as they stand there, and its units and nginx agree with the product."""

import configparser
import http.client
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import yaml
from django.conf import settings as product
from django.core.management import call_command
from django.db import connection
from django.test import Client

from campaigns.services import api_key_of
from config.core.background import runs
from config.core.models import User
from integrations.delivery import sender
from leads.models import Lead
from processr.engine import provider_calls
from processr.lists import files as list_files
from processr.services import trials
from tests.embedded.installation import until
from tests.processes.sluice import free_port
from tests.sources import ROOT

TEXT = (ROOT / "docs/deploy.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
TURNS = {
    "processr": provider_calls.RUN_SECONDS + provider_calls.GRACE_SECONDS,
    "deliveries": sender.BEGIN_SECONDS + sender.GRACE_SECONDS,
    "trials": trials.SECONDS,
    "work": runs.SECONDS_PER_TURN,
}


def blocks(language: str) -> dict[str, str]:
    return {name: text for kind, name, text in BLOCKS if kind == language}


def units() -> dict[str, configparser.SectionProxy]:
    """The service of each unit, by its name. systemd doubles a percent sign, and takes a key several times: none here does."""
    services = {}
    for name, text in blocks("ini").items():
        parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters="=")
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(text)
        assert set(parser.sections()) == {"Unit", "Service", "Install"}, name
        services[name.removesuffix(".service")] = parser["Service"]
    return services


def words_of(command: str) -> list[str]:
    return shlex.split(command.replace("%%", "%"))


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


# Compared with the product


def test_there_is_a_unit_for_each_process_and_all_queues_are_served():
    queues = [option(words_of(unit["ExecStart"]), "--queues").split(",") for unit in units().values() if "--queues" in unit["ExecStart"]]
    named = [name for setting in dir(product) if setting.endswith("_QUEUES") for name in getattr(product, setting)]
    assert sorted(sum(queues, [])) == sorted(named)
    in_compose = [option(part["command"], "--queues").split(",") for part in COMPOSE.values() if "--queues" in part.get("command", [])]
    assert sorted(queues) == sorted(in_compose)
    assert {"sluice-web", "sluice-scheduler"} < set(units())


def test_every_unit_starts_again_and_gets_its_settings():
    for name, unit in units().items():
        assert (unit["Restart"], unit["User"], unit["WorkingDirectory"]) == ("always", "sluice", "/srv/sluice"), name
        assert unit["EnvironmentFile"] == "/etc/sluice/env" == next(iter(blocks("env")))
        assert words_of(unit["ExecStart"])[0].startswith("/srv/sluice/.venv/bin/")


def test_nothing_is_killed_in_the_middle_of_a_turn():
    """A little later, because it must also write what it has done."""
    for name, unit in units().items():
        words = words_of(unit["ExecStart"])
        if "--queues" in words:
            longest = max(TURNS.get(queue, 0) for queue in option(words, "--queues").split(","))
            assert longest + 10 <= int(unit["TimeoutStopSec"]) <= longest + 60, name
            assert unit["KillMode"] == "mixed", name
            (same,) = (part for part in COMPOSE.values() if option(words, "--queues") in part.get("command", []))
            assert same["stop_grace_period"] == f"{unit['TimeoutStopSec']}s", name
    web = units()["sluice-web"]
    graceful = int(option(words_of(web["ExecStart"]), "--graceful-timeout"))
    assert graceful + 5 <= int(web["TimeoutStopSec"]) == int(COMPOSE["web"]["stop_grace_period"].removesuffix("s"))


def nginx() -> dict[str, list[str]]:
    """Each directive with its arguments, in whatever block it stands."""
    text = re.sub(r"'([^']*)'\s*'", r"'\1", blocks("nginx")["sluice.conf"])
    text = re.sub(r"'\s*\n\s*'", "", text)
    found: dict[str, list[str]] = {}
    for line in re.findall(r"^\s*([a-z_0-9]+ [^{}]*?|[a-z_0-9]+ .*'.*');$", text, re.MULTILINE | re.DOTALL):
        name, _, arguments = line.partition(" ")
        found.setdefault(name, []).append(arguments)
    assert text.count("{") == text.count("}")
    return found


def test_nginx_takes_what_the_product_takes_and_waits_a_little_longer():
    limits = {name: values[0] for name, values in nginx().items()}
    size = int(limits["client_max_body_size"].removesuffix("m")) * 1024**2
    assert list_files.LARGEST < size < list_files.LARGEST * 1.1
    timeout = int(option(words_of(units()["sluice-web"]["ExecStart"]), "--timeout"))
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        assert timeout < int(limits[name].removesuffix("s")) <= timeout + 10, name
    line = int(option(words_of(units()["sluice-web"]["ExecStart"]), "--limit-request-line"))
    assert int(limits["large_client_header_buffers"].split()[1].removesuffix("k")) * 1024 >= line
    assert limits["proxy_request_buffering"] == "on"
    address = option(words_of(units()["sluice-web"]["ExecStart"]), "--bind")
    assert limits["proxy_pass"] == f"http://{address}"


def test_pgbouncer_is_for_the_web_processes_and_in_transaction_mode():
    pooler = configparser.ConfigParser(interpolation=None)
    pooler.read_string(blocks("pgbouncer")["/etc/pgbouncer/pgbouncer.ini"])
    assert pooler["pgbouncer"]["pool_mode"] == "transaction"
    web = dict(line.split("=", 1) for line in blocks("env")["/etc/sluice/web.env"].splitlines())
    assert web["SLUICE_DATABASE_POOLED"] == "1"
    assert urlsplit(web["DATABASE_URL"]).port == int(pooler["pgbouncer"]["listen_port"])
    words = words_of(units()["sluice-web"]["ExecStart"])
    assert int(pooler["pgbouncer"]["max_client_conn"]) > 2 * int(option(words, "--workers")) * int(option(words, "--threads"))
    assert "web.env" not in "".join(blocks("ini").values())


def test_nginx_logs_no_query_and_passes_on_what_the_product_believes():
    assert not re.search(
        r"\$(request|request_uri|args|query_string|is_args|arg_\w+|http_referer|http_cookie|http_authorization)\b", nginx()["log_format"][0]
    )
    assert nginx()["access_log"][0].split()[1] == nginx()["log_format"][0].split()[0]
    assert nginx()["error_log"][0].split()[1] in ("crit", "alert", "emerg")
    headers = dict(header.split(maxsplit=1) for header in nginx()["proxy_set_header"])
    assert headers == {
        "Host": "$host", "X-Forwarded-For": "$proxy_add_x_forwarded_for", "X-Forwarded-Proto": "$scheme", "X-Request-ID": "$http_x_request_id",
    }  # fmt: skip
    assert "SLUICE_PROXIES=1" in blocks("env")["/etc/sluice/env"].split()


def test_the_figures_of_memory_and_connections_are_those_of_the_units():
    """A process and a connection for each child, a connection for each thread, and a process that looks after them."""
    connections, processes = [], []
    for name, unit in units().items():
        words = words_of(unit["ExecStart"])
        if name == "sluice-web":
            connections.append(int(option(words, "--workers")) * int(option(words, "--threads")))
            processes.append(1 + int(option(words, "--workers")))
        elif "--queues" in words:
            connections.append(int(option(words, "--concurrency")))
            processes.append(1 if "threads" in words else 1 + connections[-1])
        else:  # the scheduler
            connections.append(1)
            processes.append(1)
    assert f"**{' + '.join(map(str, connections))} = {sum(connections)} connections**" in TEXT
    assert f"are there twice: **{sum(connections) + connections[0]}**" in TEXT
    assert f"for {sum(processes)} processes" in TEXT
    named = [int(number) for number in re.findall(r"^\| (?:web|worker|scheduler).*?\| (\d+) MB \|", TEXT, re.MULTILINE)]
    total = sum(megabytes * n for megabytes, n in zip(named, processes, strict=True))
    assert f"about **{total / 1000:.1f} GB**" in TEXT


def test_a_rotated_file_goes_on_where_its_process_appends(tmp_path: Path):
    """The configuration asks for `copytruncate`."""
    directives = blocks("logrotate")["/etc/logrotate.d/sluice"].split()
    assert {"copytruncate", "missingok"} < set(directives)
    assert "create" not in directives
    log = tmp_path / "web.log"
    log.write_text("old\n")
    with log.open("ab") as out:
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out)
    os.truncate(log, 0)
    process.communicate(b"new\n")
    assert log.read_text() == "new\n"


# Run as it stands there


@pytest.fixture
def drill(tmp_path: Path, settings, monkeypatch) -> Iterator[Path]:
    """The stored files and backups of the document's host are here."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "export.csv").write_text("id\n1\n")
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": files}}}
    settings.STATIC_ROOT = settings.STATE_DIR / "static"  # a second run of the tests need not collect and compress all files again
    monkeypatch.setenv("ADMIN_PASSWORD", "it's a p@ss/word of $ome length")
    name = connection.settings_dict["NAME"]
    yield tmp_path
    connection.close()
    connection.settings_dict["NAME"] = name
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}_drill WITH (FORCE)")


def run(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A line of the document: its command of manage.py in this process, what comes before a pipe in a shell."""
    before, _, command = line.rpartition(" | ")
    command = command.replace("sluice-20260131T020000Z", "sluice-*")  # the one that this test has made
    words = [str(folder / word.removeprefix("/var/")) if word.startswith("/var/backups/") else word for word in shlex.split(command)]
    words = [str(found) for word in words for found in (sorted(Path("/").glob(word[1:])) if "*" in word else [word])]
    assert words[:2] == [".venv/bin/python", "manage.py"], line
    given = subprocess.run(["bash", "-c", before], capture_output=True, text=True, check=True).stdout if before else ""
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))
    said = io.StringIO()
    call_command(*words[2:], stdout=said)
    return said.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
def test_the_commands_of_the_page_set_a_host_up_back_it_up_and_restore_it(drill: Path, monkeypatch, client: Client):
    lines = [line for kind, _, text in BLOCKS if kind == "sh" for line in text.splitlines() if "kill -USR2" not in line]
    assert [shlex.split(line)[-1] for line in lines].count("assets") == 2
    for line in lines:
        if "manage.py restore" in line:
            name = connection.settings_dict["NAME"]
            connection.close()
            with connection.creation._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}_drill TEMPLATE template0")
            connection.settings_dict["NAME"] = f"{name}_drill"
            (drill / "files/export.csv").unlink()
        said = run(line, drill, monkeypatch)
        assert "problems" not in said, said
    assert (drill / "files/export.csv").read_text() == "id\n1\n"
    assert User.objects.get(username="admin").check_password(os.environ["ADMIN_PASSWORD"])


@pytest.fixture
def web(tmp_path: Path, transactional_db) -> Iterator[subprocess.Popen[str]]:
    """The web server as its unit starts it, on a free port."""
    unit = units()["sluice-web"]
    words = words_of(unit["ExecStart"])
    words = [str(Path(sys.executable).parent / "gunicorn"), *words[1:]]
    words[words.index("--bind") + 1] = f"127.0.0.1:{free_port()}"
    words[-1:-1] = ["--pid", str(tmp_path / "pid")]
    given = dict(line.split("=", 1) for line in blocks("env")["/etc/sluice/env"].splitlines())
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}@{database['HOST'].replace('/', '%2F')}:{database['PORT'] or 5432}/{database['NAME']}"
    filled = {
        "SLUICE_STATE": str(product.STATE_DIR), "SLUICE_SECRET_KEY": "k" * 50, "SLUICE_FIELD_KEYS": product.FIELD_KEYS[0],
        "DATABASE_URL": address, "REDIS_URL": os.environ["REDIS_URL"], "DATABASE_PASSWORD": "", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }  # fmt: skip
    environment = {"PATH": os.environ["PATH"], **given, **filled}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log, text=True, start_new_session=True)
    process.address = words[words.index("--bind") + 1]  # type: ignore[attr-defined]
    until(lambda: '"Booting worker' in (tmp_path / "log").read_text() and answers(process.address), "the web server answers", within=100)
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answers(address: str) -> bool:
    try:
        return ask(address, "GET", "/healthz") == 200
    except OSError:
        return False


def ask(address: str, method: str, path: str, body: str | None = None) -> int:
    server = http.client.HTTPConnection(*urlsplit(f"//{address}").netloc.split(":"), timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    headers |= {"Host": "sluice.example", "X-Request-ID": "drill-4711"}
    try:
        server.request(method, path, body, headers)
        return server.getresponse().status
    finally:
        server.close()


@pytest.mark.processes
@pytest.mark.timeout(300)
def test_a_reload_under_load_loses_no_lead_and_its_log_keeps_secrets(web, tmp_path: Path, campaign, form, pat):
    """The command of the unit's ExecReload, while three senders post about thirty leads a second each."""
    key, link = api_key_of(campaign), campaign.links.get().pk
    path = f"/webhook/campaign/{campaign.pk}/global-form/{form.pk}/leads?apikey={key}&publisherId={pat.pk}&campaignLinkId={link}"
    codes: list[object] = []
    stop = threading.Event()

    def post(number: int) -> None:
        while not stop.wait(0.03):
            fields = {"firstName": "Ada", "lastName": "Lee", "email": f"ada{number}.{len(codes)}@example.com"}
            try:
                codes.append(ask(web.address, "POST", path, urlencode({f"form[{name}]": value for name, value in fields.items()})))
            except (OSError, http.client.HTTPException) as error:
                codes.append(error)

    senders = [threading.Thread(target=post, args=[number], daemon=True) for number in range(3)]
    for thread in senders:
        thread.start()
    try:
        until(lambda: len(codes) > 10, "leads come in")
        words = units()["sluice-web"]["ExecReload"].split()
        assert words[1:] == ["-USR2", "$MAINPID"]
        old = int((tmp_path / "pid").read_text())
        os.kill(old, getattr(signal, f"SIG{words[1][1:]}"))
        until(lambda: web.poll() is not None, "the old web server has ended", within=100)
        seen = len(codes)
        until(lambda: len(codes) > seen + 10, "leads come in after the reload")
    finally:
        stop.set()
    for thread in senders:
        thread.join()
    assert set(codes) == {201}
    assert Lead.objects.filter(request_id="drill-4711").count() == len(codes)
    until(lambda: (tmp_path / "pid").exists() and int((tmp_path / "pid").read_text()) != old, "the new one is the web server now")

    def served() -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in (tmp_path / "log").read_text().split("\n")[:-1])
        return [line for line in lines if line.get("logger") == "gunicorn.access" and line["method"] == "POST"]

    until(lambda: len(served()) == len(codes), "every request has its line, which is written after its answer")
    assert key not in (tmp_path / "log").read_text()
    assert "apikey" not in (tmp_path / "log").read_text()
    assert {(line["status"], line["request_id"], line["path"]) for line in served()} == {(201, "drill-4711", path.partition("?")[0])}
    assert len(served()) == len(codes)
