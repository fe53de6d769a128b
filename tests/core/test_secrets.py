"""Keys handed out, secrets kept, and logs that hold neither."""

import pytest
from cryptography.fernet import Fernet, InvalidToken

from config import logs
from config.core.accounts import tokens
from config.core.credentials import encryption
from config.core.models import Credential


@pytest.mark.parametrize(
    "event",
    [
        {"event": "called", "apikey": "s3cret"},
        {"event": "x", "Password": "s3cret"},
        {"event": "GET /x?apikey=s3cret&page=2"},
        {"event": "x", "exception": "url /y?access_token=s3cret"},
        {"event": "x", "header": "Authorization: Bearer s3cret.abc"},
        {"event": "x", "header": "Authorization: Basic s3cret=="},
        {"event": "x", "header": "bearer s3cret"},
        {"event": "x", "header": "Cookie: sessionid=s3cret; a=b"},
        {"event": "x", "body": '{"client_secret": "s3cret", "grant_type": "password"}'},
        {"event": "x", "call": {"headers": {"Authorization": "s3cret"}, "tries": [{"url": "/?api_key=s3cret"}]}},
    ],
)
def test_secrets_are_cut_from_logs(event):
    assert "s3cret" not in str(logs.mask_secrets(None, "info", event))


def test_what_is_no_secret_stays_in_the_log():
    event = {"event": "moved 3 leads", "path": "/v2/leads", "passwords_checked": 2, "why": "the token ring of the basic building"}
    assert logs.mask_secrets(None, "info", dict(event)) == event


def test_what_is_sealed_is_read_again_after_a_new_key_came_in_front(settings):
    kept = encryption.seal("partner's secret")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert encryption.unseal(kept) == "partner's secret"
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    with pytest.raises(InvalidToken):
        encryption.unseal(kept)


@pytest.mark.django_db
def test_a_sealed_secret_comes_back_from_its_column_and_is_not_readable_in_it():
    kept = Credential.objects.create(name="Partner", secret=encryption.seal("partner's secret"))
    kept.refresh_from_db()
    assert b"partner" not in bytes(kept.secret)
    assert encryption.unseal(kept.secret) == "partner's secret"


def test_a_key_tells_what_it_is_for_and_nothing_else_twice():
    keys = {tokens.new_key("pub") for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("pub_") and len(key) >= 36 for key in keys)
    assert len({tokens.digest(key) for key in keys}) == 100
