"""Programs, and users with tokens."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from campaigns import services
from config.core.accounts import bearer, roles
from config.core.errors import DomainError
from config.core.models import User
from tests.access.program import Program
from tests.cast import make_user
from tests.module_cast import ONCE

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


@pytest.fixture
def program(db) -> Program:
    return Program()


@pytest.fixture
def tess(pat, bob) -> User:
    """A user who works for the publisher."""
    user = make_user(roles.PUBLISHER, name="Tess")
    services.add_member(user, pat, actor=bob)
    return user


@pytest.fixture
def key(tess, pat, bob) -> str:
    """Tess's API key."""
    return services.make_api_key(tess, pat, actor=bob)


@pytest.fixture
def carrying(rf: RequestFactory) -> Callable[[str], HttpRequest]:
    """carrying(token): a request with the token in its header."""
    return lambda token: rf.get("/api/anything", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def opens(carrying) -> Callable[[str], bool | int]:
    """opens(token): whether the token gives access: True, or the status of the refusal."""

    def ask(token: str) -> bool | int:
        try:
            bearer.user_of(carrying(token))
        except DomainError as refusal:
            return refusal.status
        return True

    return ask
