"""Programs of people of every role."""

import pytest

from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from tests.cast import make_user
from tests.processr.api.program import Program
from tests.processr.lists.conftest import make_list, state
from tests.publisher.limits import allow

__all__ = ["allow", "make_list", "state"]


@pytest.fixture(autouse=True)
def _enterprise_at_hand(db, _fresh_enterprise):
    enterprise.current()


@pytest.fixture(scope="module")
def program_of(acme, pat, bob):
    """program_of(role): of a member of the party the cast's campaigns belong to; with member=False of none."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def make(role: str, *, member: bool = True, **rights: bool) -> Program:
        user = make_user(role, **rights)
        if member and role in party:
            services.add_member(user, party[role], actor=bob)
        return Program(user)

    return make


@pytest.fixture
def program(program_of) -> Program:
    return program_of(roles.ADMIN)
