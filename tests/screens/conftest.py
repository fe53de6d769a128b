"""Users of each role, in the party it belongs to."""

from collections.abc import Callable

import pytest
from django.test import Client

from campaigns import services
from config.core.accounts import roles
from config.core.models import User
from tests.cast import make_user
from tests.module_cast import ONCE
from tests.screens.reading import Reader

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


@pytest.fixture
def member(acme, pat, bob) -> Callable[..., User]:
    """member(role): of Acme's agency, of Acme, or of Pat Media, where the role asks for a party."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    parties = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def make(role: str) -> User:
        user = make_user(role)
        if role in parties:
            services.add_member(user, parties[role], actor=bob)
        return user

    return make


@pytest.fixture
def reader(member) -> Callable[..., Reader]:
    """reader(role): signed in, and reads pages as text and rows."""

    def sign_in(role: str = roles.ADMIN) -> Reader:
        client = Client()
        user = member(role)
        client.force_login(user)
        return Reader(client, user)

    return sign_in
