"""Keys and stored secrets. Logs are tested in tests/core/test_logs.py."""

import pytest
from cryptography.fernet import Fernet, InvalidToken

from config.core.accounts import tokens
from config.core.credentials import encryption
from config.core.models import Credential


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
