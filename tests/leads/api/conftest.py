"""Programs of people of every role, and leads that are judged."""

import pytest

from config.core.accounts import roles
from leads.models import FlagReason, Lead
from tests.leads.acts import judge_all
from tests.processr.api.program import Program, programs_of


@pytest.fixture
def program_of(acme, pat, bob):
    return programs_of(acme, pat, bob)


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
