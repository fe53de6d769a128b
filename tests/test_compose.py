"""The example for production: it passes every setting that docs/deploy.md names, and the settings understand what it passes."""

import json
import os
import re
import subprocess
import sys
from itertools import accumulate

import pytest
import yaml

from tests.sources import ROOT

SET_BY_THE_IMAGE = {"SLUICE_ENV", "SLUICE_STATE"}
SHOWN = """
import json
from config import settings
names = "TRUSTED_PROXIES OUTBOUND_ALLOW GEOIP_PATH EMAIL_BACKEND EMAIL_HOST EMAIL_PORT EMAIL_HOST_USER EMAIL_HOST_PASSWORD EMAIL_USE_TLS"
names += " DEFAULT_FROM_EMAIL IDLE_SECONDS SWEEP_SECONDS CLAIM_SECONDS"
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
    """What the settings are in a container, with these lines in .env."""
    passed = {name: filled_in(text, {**NEEDED, **variables}) for name, text in services()["web"]["environment"].items()}
    environment = {"PATH": os.environ["PATH"], "SLUICE_ENV": "production", **passed}
    shown = subprocess.run([sys.executable, "-c", SHOWN], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    return dict(json.loads(shown.stdout))


def test_every_process_gets_every_documented_setting():
    assert "SLUICE_SMTP_PASSWORD" in documented()
    for name, part in services().items():
        assert set(part["environment"]) == documented() - SET_BY_THE_IMAGE, name


def test_what_is_not_set_has_the_products_own_value():
    assert settings_with() == {
        "TRUSTED_PROXIES": 1, "OUTBOUND_ALLOW": [""], "GEOIP_PATH": "", "EMAIL_BACKEND": "config.core.notifications.local_mail.EmailBackend",
        "EMAIL_HOST": "", "EMAIL_PORT": 25, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "", "EMAIL_USE_TLS": False,
        "DEFAULT_FROM_EMAIL": "Sluice <sluice@localhost>", "IDLE_SECONDS": 3600, "SWEEP_SECONDS": 60.0, "CLAIM_SECONDS": 600,
    }  # fmt: skip


def test_what_is_set_arrives():
    given = settings_with(
        SLUICE_PROXIES="2", SLUICE_OUTBOUND_ALLOW="crm.internal:8443,10.0.0.0/8", SLUICE_GEOIP_PATH="city.mmdb",
        SLUICE_SMTP_HOST="mail.example", SLUICE_SMTP_PORT="587", SLUICE_SMTP_USER="sluice", SLUICE_SMTP_PASSWORD="p:@/w d", SLUICE_SMTP_TLS="1",
        SLUICE_MAIL_FROM="Leads <leads@example.com>", SLUICE_IDLE_SECONDS="900", SLUICE_SWEEP_SECONDS="30", SLUICE_CLAIM_SECONDS="120",
    )  # fmt: skip
    assert given == {
        "TRUSTED_PROXIES": 2, "OUTBOUND_ALLOW": ["crm.internal:8443", "10.0.0.0/8"], "GEOIP_PATH": "city.mmdb",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "mail.example", "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "sluice", "EMAIL_HOST_PASSWORD": "p:@/w d", "EMAIL_USE_TLS": True,
        "DEFAULT_FROM_EMAIL": "Leads <leads@example.com>", "IDLE_SECONDS": 900, "SWEEP_SECONDS": 30.0, "CLAIM_SECONDS": 120,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["web", "worker", "worker-processr", "worker-deliveries"])
def test_the_file_of_ip_addresses_is_there_for_who_reads_it(name):
    assert "./geoip:/srv/geoip:ro" in services()[name]["volumes"]
