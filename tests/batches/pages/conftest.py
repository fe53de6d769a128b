"""Batch CSVs, leads that wait for their files, and users of the pages."""

import pytest
from django.test import Client

from campaigns import services as campaigns
from config.core.accounts import roles
from tests.batches.round.conftest import batch_csv, folder, wait_for_file  # noqa: F401  (fixtures)
from tests.cast import make_user
from tests.screens.conftest import member, reader  # noqa: F401  (fixtures)
from tests.screens.reading import Reader


@pytest.fixture
def stranger(bob) -> Reader:
    """A user of another agency, which has another advertiser."""
    zeta = campaigns.create_advertiser("Zeta", actor=bob, autosign_contracts=True)
    user, client = make_user(roles.AGENCY), Client()
    campaigns.add_member(user, campaigns.create_agency("Elsewhere", advertisers=[zeta], actor=bob), actor=bob)
    client.force_login(user)
    return Reader(client, user)
