"""Filling the value index. This test needs the server to itself: it waits for the oldest transaction in any database."""

import pytest

from processr import tasks
from processr.models import IndexedField
from tests.module_cast import ANEW
from tests.processr.duplicates.test_duplicates import judge
from tests.processr.duplicates.test_value_index import kept
from tests.races import connected, until_older_strangers_have_ended

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.mark.django_db(transaction=True)
def test_nothing_is_filled_while_somebody_who_may_not_know_of_the_field_is_still_writing(campaign, add_job, make_leads):
    add_job(campaign, "duplicate_field", config={"field": "company", "count": 1})
    judge(campaign, *make_leads(campaign, company="Acme"))
    with connected() as other:
        other.autocommit = False
        other.execute("SELECT pg_current_xact_id()")
        tasks.watch_fields()
        assert IndexedField.objects.get().ready_at is None
        other.rollback()
    until_older_strangers_have_ended()
    tasks.watch_fields()
    assert IndexedField.objects.get().ready_at is not None
    assert len(kept()) == 1
