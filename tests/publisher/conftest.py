"""Pat's program, and other callers."""

import pytest

from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from tests.cast import make_user
from tests.module_cast import ONCE
from tests.publisher.limits import allow
from tests.publisher.program import Program

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE

__all__ = ["allow"]


@pytest.fixture(autouse=True)
def _enterprise_at_hand(db, _fresh_enterprise):
    """Read the enterprise first, as in a process that has answered before: queries are counted here."""
    enterprise.current()


@pytest.fixture
def program(campaign, pat, bob) -> Program:
    user = make_user(roles.PUBLISHER, name="Pat")
    services.add_member(user, pat, actor=bob)
    return Program(user, pat, campaign)


@pytest.fixture
def rival(bob):
    """Another publisher, without a contract."""
    return services.create_publisher("Rival Media", actor=bob)


@pytest.fixture
def program_of(campaign, acme, pat, bob):
    """program_of(role): of somebody who works for the party the cast's campaign belongs to; program_of(role, member=False): for none."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def make(role: str, *, member: bool = True) -> Program:
        user = make_user(role)
        if member and role in party:
            services.add_member(user, party[role], actor=bob)
        return Program(user, pat, campaign)

    return make
