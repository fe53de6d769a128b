"""Deleting a list: refused while it is in use, at once when it is small, part after part when it is not."""

import pytest

from config.core.background.runs import work_on
from config.core.errors import DomainError
from processr import services as jobs
from processr.lists import deleting, services
from processr.lists.deleting import ListDeletionRun
from processr.lists.selectors import lists_for, lists_of_campaign
from processr.models import ValidationList, ValidationListValue, ValueImport

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(campaign, make_list, add_job):
    listed = make_list("a")
    return listed, add_job(campaign, "suppression_list", label="Accounts", config={"list": listed.pk, "field": "company"})


def test_a_small_one_is_gone_at_once(make_list, bob, admin):
    listed, other = make_list("a", "b"), make_list("a", name="Other")
    assert services.delete_list(listed.pk, who=admin, actor=bob)
    assert list(ValidationListValue.objects.values_list("list", flat=True)) == [other.pk]


def test_in_use_it_is_refused_and_the_jobs_are_named(used, bob, campaign, admin):
    listed, job = used
    with pytest.raises(DomainError, match=f"“Accounts” \\(job {job.pk}\\) on {campaign.name}") as refused:
        services.delete_list(listed.pk, who=admin, actor=bob)
    assert refused.value.status == 409
    jobs.disable_job(job.pk, actor=bob)
    assert services.delete_list(listed.pk, who=admin, actor=bob)


def test_a_removed_job_does_not_keep_its_list(used, bob, admin):
    jobs.remove_job(used[1].pk, actor=bob)
    assert services.delete_list(used[0].pk, who=admin, actor=bob)


def test_not_while_something_is_being_imported(listed, begin, bob, admin):
    begin(listed, b"a\n", name="accounts.csv")
    with pytest.raises(DomainError, match="accounts.csv is being imported"):
        services.delete_list(listed.pk, who=admin, actor=bob)


@pytest.mark.sql
def test_a_large_one_is_hidden_at_once_and_goes_part_after_part(make_list, campaign, bob, begin, monkeypatch, admin):
    monkeypatch.setattr(deleting, "AT_ONCE", 10)
    listed = make_list(*map(str, range(35)))
    assert services.delete_list(listed.pk, who=admin, actor=bob) is False
    assert not lists_for(admin).exists()
    assert not lists_of_campaign(campaign).exists()
    with pytest.raises(DomainError, match="being deleted"):
        services.create_list(listed.name, advertiser=None, actor=bob)
    for refused in (
        lambda: services.delete_list(listed.pk, who=admin, actor=bob),
        lambda: services.add_values(listed, ["a"], actor=bob),
        lambda: begin(listed, b"a\n"),
    ):
        with pytest.raises(DomainError, match="has been deleted"):
            refused()
    run = ValueImport.objects.get(list=listed)
    work_on(ListDeletionRun, run.pk, seconds=0)
    listed.refresh_from_db()
    assert (listed.value_count, listed.values.count()) == (25, 25)
    work_on(ListDeletionRun, run.pk)
    assert not ValidationList.objects.exists()
    assert not ValueImport.objects.exists()


def test_deleted_twice_it_is_not_there(listed, bob, admin):
    services.delete_list(listed.pk, who=admin, actor=bob)
    with pytest.raises(DomainError) as refused:
        services.delete_list(listed.pk, who=admin, actor=bob)
    assert refused.value.status == 404
