"""A row in every table, made once for a module, and support staff who open them in the admin."""

import pytest
from django.test import Client

from config.core.accounts import roles
from tests.admin import rows
from tests.cast import make_user
from tests.module_cast import ONCE, once, shared

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE
a_row_each = once(rows.a_row_each)


@pytest.fixture(scope="module")
def sue(db):
    """Support staff."""
    return shared(make_user(roles.ADMIN, username="sue", name="Sue Support", is_staff=True))


@pytest.fixture
def support(sue) -> Client:
    """Signed in for each test: the first use of a session that is some minutes old writes to it, and an older one has expired."""
    client = Client()
    client.force_login(sue)
    return client
