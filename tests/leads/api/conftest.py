"""Programs of people of every role, and leads that are judged."""

import pytest

from campaigns import services
from config.core.accounts import roles
from config.core.models import User
from leads.models import FlagReason, Lead
from tests.cast import make_user
from tests.leads.acts import judge_all
from tests.processr.api.program import Program


@pytest.fixture
def program_of(acme, pat, bob):
    """program_of(role): of a member of the party the cast's campaigns belong to; with member=False of none."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def make(role: str, *, member: bool = True, **details) -> Program:
        user: User = make_user(role, **details)
        if member and role in party:
            services.add_member(user, party[role], actor=bob)
        return Program(user)

    return make


@pytest.fixture
def program(program_of) -> Program:
    return program_of(roles.ADMIN, name="Ann Ĺukasz  Example")


@pytest.fixture
def judged(campaign, make_leads) -> list[Lead]:
    """Three leads, all of them Valid."""
    leads = make_leads(campaign, 3)
    judge_all(campaign)
    return leads


@pytest.fixture
def reason(db):
    """reason(flag, name): the id of a reason."""
    return lambda flag, name: FlagReason.objects.get(flag=flag, name=name).pk
