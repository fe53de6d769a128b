"""Two users who change the jobs of one campaign at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from campaigns.models import Campaign
from campaigns.services import plan_changed
from processr import services
from processr.models import Job
from processr.plans import current_plan
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_who_saw_the_same_state_one_is_told(campaign, add_job, bob):
    job = add_job(campaign, "first_last_name_match")
    told: list[Exception] = []

    def act(score: int) -> None:
        try:
            with transaction.atomic():
                services.update_job(job.pk, actor=bob, changes={"score": score}, seen_at=job.updated_at)
        except services.ChangedMeanwhile as refused:
            told.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(score,)) for score in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 2
    now = Job.objects.get(pk=job.pk)
    assert now.score in (1, 2, 3)
    assert now.updated_at - job.updated_at < timedelta(minutes=1)


def test_a_plan_is_compiled_with_all_of_a_change_or_with_nothing_of_it(campaign, add_job, bob):
    """A change under way holds the campaign's lock: the compile waits for it, and then sees it whole."""
    add_job(campaign, "test_data")
    found = []

    def look():
        found.append(current_plan(campaign.pk))
        connection.close()

    with transaction.atomic():
        plan_changed(campaign.pk)
        looker = threading.Thread(target=look)
        looker.start()
        looker.join(0.3)
        assert looker.is_alive(), "the compile did not wait for the change"
        services.add_job(campaign, "first_last_name_match", actor=bob)
    looker.join(20)
    assert [len(plan.jobs) for plan in found] == [2]
    assert found[0].number == Campaign.objects.get(pk=campaign.pk).plan_number
