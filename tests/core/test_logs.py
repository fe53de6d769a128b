"""Lines of the logs: secrets cut in whatever spelling, and every line JSON where machines read it."""

import json
import os
import subprocess
import sys

import pytest

from config import logs
from tests.sources import ROOT

SECRET = "s3cret-Value0"
SPELLINGS = [
    "GET /x?apikey={}&page=2", "/x?api-key={}", "/x?apiKey={}", "/x?API_KEY={}#top", "/y?access_token={}", "/x?form[password]={}&x=1",
    "/x?form%5Bpassword%5D={}", "/x?api%5Fkey={}", "next=%2Fx%3Faccess_token%3D{}%26page", "refresh-token = {}", "id_token={}",
    "new_password1={}", "passphrase: {}", "signature={}", "session-id={}", "X-Api-Key: {}", "x-auth-token: {}",
    "Authorization: Bearer {}.abc", "Authorization: Basic {}==", "Proxy-Authorization: Digest {}", "bearer {}", "Cookie: a=b; sid={}; c=d",
    "Set-Cookie: sid={}; Path=/", '{{"client_secret": "{}", "a": 1}}', '{{\\"apiKey\\": \\"{}\\"}}', "{{'Authorization': 'Token {}'}}",
    "'secret' => '{}'", "b'apikey={}'", "redis://:{}@broker:6379/0", "postgresql://sluice:{}@db/x", "connecting to amqps://u:{}@h.example:5671/v?a=1",
]  # fmt: skip
HARMLESS = [
    "moved 3 leads", "the token ring of the basic building", "passwords_checked 2", "tokens: 5", "http://127.0.0.1:8000/x?email=1",
    "GET /api/v2.4/publisher/leads/5 200", "basic authentication refused", "Bearer token missing", "sha256=0123456789abcdef0123456789abcdef",
    "Connected to redis+socket:///srv/sluice/run/valkey.sock",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_secret_is_cut_in_any_spelling(text):
    said = text.format(SECRET)
    for event in ({"event": said}, {"event": "x", "error": ValueError(said)}, {"event": "x", "call": [{"of": (said.encode(),)}]}):
        assert SECRET not in str(logs.mask_secrets(None, "info", dict(event)))


@pytest.mark.parametrize(
    "name", ["apikey", "X-Api-Key", "newPassword2", "access_token", "Set-Cookie", "client-secret", "Proxy-Authorization"]
)
def test_a_value_under_a_secret_name_is_cut(name):
    assert SECRET not in str(logs.mask_secrets(None, "info", {"event": "x", name: SECRET, "inner": {name: SECRET}}))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text):
    assert logs.masked(text) == text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/webhook/validate/0123456789abcdef0123456789abcdef", "/api/webhook/validate/•••"),
        ("/feedback/0123456789abcdef01234567", "/feedback/•••"),
        ("/password/new/MQ/d1x2y3-0123456789abcdef0123456789abcdef", "/password/new/MQ/d1x2y3-•••"),
        ("/static/css/tokens.0123456789ab.css", "/static/css/tokens.0123456789ab.css"),
    ],
)
def test_what_opens_a_lead_or_an_account_is_cut_from_paths(path, shown):
    assert logs.masked(path) == shown


def test_a_long_text_is_searched_in_no_time():
    for text in ("a" * 500_000, "://a:" * 50_000, "eyJ" * 100_000, "bearer " * 50_000, "token" * 100_000):
        assert logs.masked(text)


CODE = """
import logging, threading, warnings, structlog
from config import logs
logs.configure(json_lines=logs.wants_json())
structlog.get_logger("own").info("called", url="/x?apikey=s3cret", request_id="drill-4711")
logging.getLogger("library").warning("failed: %s", ValueError("password=s3cret"))
warnings.warn("Bearer s3cret-1")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
logs.write_line("worker: Warm shutdown (MainProcess)")
raise RuntimeError("two\\nlines with token=s3cret")
"""


def test_whatever_a_process_says_is_a_line_of_json():
    environment = {"PATH": os.environ["PATH"], "SLUICE_ENV": "production"}
    said = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in said.stderr.splitlines()]
    assert said.returncode == 1
    assert [line["level"] for line in lines] == ["info", "warning", "warning", "critical", "info", "critical"]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert "s3cret" not in said.stderr


@pytest.mark.parametrize(
    ("environment", "log", "json_lines"),
    [
        ("production", "", True),
        ("production", "text", False),
        ("production", "json", True),
        ("", "json", True),
        ("", "", False),
        ("", "text", False),
    ],
)
def test_people_read_aligned_text_where_they_ask_for_it(monkeypatch, environment, log, json_lines):
    monkeypatch.setenv("SLUICE_ENV", environment)
    monkeypatch.setenv("SLUICE_LOG", log)
    assert logs.wants_json() is json_lines
