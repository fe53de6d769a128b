"""Programs of people of every role."""

import pytest

from config.core import enterprise
from config.core.accounts import roles
from tests.processr.api.program import Program, programs_of
from tests.processr.lists.conftest import make_list, state
from tests.publisher.limits import allow

__all__ = ["allow", "make_list", "state"]


@pytest.fixture(autouse=True)
def _enterprise_at_hand(db, _fresh_enterprise):
    enterprise.current()


@pytest.fixture(scope="module")
def program_of(acme, pat, bob):
    return programs_of(acme, pat, bob)


@pytest.fixture
def program(program_of) -> Program:
    return program_of(roles.ADMIN)
