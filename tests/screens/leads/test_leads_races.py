"""Requests about lists of leads at the same time."""

import pytest
from django.http import QueryDict

from config.core.accounts import roles
from config.core.errors import DomainError
from leads import full_search
from leads.models import FullSearch
from tests.cast import make_user
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def test_of_two_searches_begun_at_once_the_one_too_many_is_refused(bob, monkeypatch):
    monkeypatch.setattr(full_search, "UNDER_WAY_AT_MOST", 1)
    user = make_user(roles.ADMIN)

    def begin() -> None:
        full_search.begin(user, QueryDict("company=acme"), campaign=None, actor=bob)

    (refused,) = at_once(begin, begin)
    assert isinstance(refused, DomainError)
    assert "searches under way" in refused.message
    assert FullSearch.objects.count() == 1
