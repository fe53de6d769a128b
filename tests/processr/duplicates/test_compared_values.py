"""Leads are compared by the values that jobs read: the transformed one where there is one, else the captured one."""

import pytest

from leads import lifecycle
from leads.models import Lead
from processr.job_types.registry import job_types
from processr.transforms import services as transforms
from tests.processr.copies import analyse, copy_lead, forget_statistics
from tests.processr.duplicates.test_duplicates import judge, look_up_of, scans_of
from tests.processr.transforms.making import case, definition, manipulation, replace

pytestmark = pytest.mark.django_db
TYPOS = {"jo@gmial.com": "jo@gmail.com", "JO@GMIAL.COM": "jo@gmail.com", "nobody@example.com": ""}


@pytest.fixture
def typos(campaign, bob):
    """typos(): a transform that mends e-mail addresses, on the campaign or another one."""

    def make(owner=campaign, source="email", new="email", values=TYPOS):
        return transforms.create(owner, definition(source, new, config={"values": values}), actor=bob)

    return make


def failed(*leads) -> list[bool]:
    stored = Lead.objects.in_bulk([lead.pk for lead in leads])
    return [bool(stored[lead.pk].failed_jobs) for lead in leads]


def columns_of(lead) -> tuple:
    return Lead.objects.values_list("email", "phone", "name_key", "transformed_email", "transformed_phone", "transformed_name_key").get(
        pk=lead.pk
    )


DUPLICATES = [
    ("duplicate_email", {}),
    ("duplicate_publisher_email", {}),
    ("user_overactivity", {}),
    ("duplicate_field", {"field": "email"}),
    ("duplicate_field", {"field": "email", "level": "Advertiser"}),
    ("duplicate_field", {"field": "email", "level": "Enterprise"}),
]


COMPARING = [*DUPLICATES, ("rapid_post", {}), ("unique_ip", {})]


def test_every_comparing_type_is_among_them():
    assert {key for key, _ in COMPARING} == {job_type.key for job_type in job_types if getattr(job_type, "compares", None)}


@pytest.mark.parametrize(("key", "config"), COMPARING)
def test_a_judged_lead_that_became_a_test_stands_against_nobody(campaign, add_job, make_leads, bob, key, config):
    """Neither from an earlier chunk nor from the same one; one that stayed a lead does."""
    add_job(campaign, key, config=config)
    tried, second, third = make_leads(campaign, 3, email="jo@example.com")
    judge(campaign, tried)
    lifecycle.flag([tried.pk], "test", actor=bob, reason="trying out")
    judge(campaign, second)
    assert failed(tried, second) == [False, False]
    lifecycle.requeue([tried.pk], actor=bob)
    judge(campaign, tried, third)
    assert failed(second, third) == [False, True]


@pytest.mark.parametrize(("key", "config"), DUPLICATES)
@pytest.mark.parametrize("together", [True, False])
def test_addresses_that_transforms_make_equal_are_equal_and_those_made_different_are_not(
    campaign, add_job, make_leads, typos, key, config, together
):
    typos()
    typos(values={"ann@example.com": "ann@old.example"})
    add_job(campaign, key, config=config)
    (right,), (typo,) = make_leads(campaign, email="Jo@Gmail.com"), make_leads(campaign, email="jo@gmial.com")
    (moved,), (here,) = make_leads(campaign, email="ann@example.com"), make_leads(campaign, email="ANN@old.example")
    (again,), (emptied,), (other,) = (
        make_leads(campaign, email=email) for email in ("JO@GMIAL.COM", "nobody@example.com", "nobody@example.com")
    )
    leads = [right, typo, moved, here, again, emptied, other]
    for chunk in [leads] if together else [[lead] for lead in leads]:
        judge(campaign, *chunk)
    assert failed(*leads) == [False, True, False, True, True, False, False]
    assert [columns_of(lead)[3] for lead in leads] == [None, "jo@gmail.com", "ann@old.example", None, "jo@gmail.com", "", ""]


def test_names_telephones_and_countries_are_compared_as_transforms_make_them(campaign, add_job, make_leads, bob):
    add_job(campaign, "duplicate_field", config={"field": "firstName+lastName"})
    add_job(campaign, "duplicate_field", config={"field": "telephone"})
    transforms.create(campaign, manipulation("lastName", "lastName", replace("/ jr$/i", ""), case("upper")), actor=bob)
    transforms.create(campaign, definition("company", "country", config={"values": {"British": "GB"}}), actor=bob)
    (plain,) = make_leads(campaign, firstName="Jo", lastName="Ng", telephone="+44 20 7946 0958")
    (junior,) = make_leads(campaign, firstName="Jo", lastName="Ng Jr", telephone="020 7946 0001")
    (british,) = make_leads(campaign, firstName="Di", lastName="Ng", company="British", telephone="020 7946 0958")
    (unknown,) = make_leads(campaign, firstName="Al", lastName="Ng", company="None", telephone="(020) 7946 0958 ext 1")
    for lead in (plain, junior, british, unknown):
        judge(campaign, lead)
    assert failed(plain, junior, british, unknown) == [False, True, True, False]
    assert [columns_of(lead)[4:] for lead in (plain, junior, british)] == [(None, None), (None, "jo ng"), ("+442079460958", None)]


def test_a_waiting_lead_counts_by_what_it_becomes_and_not_by_what_was_captured(campaign, add_job, make_leads, typos):
    typos(values={"ann@example.com": "ann@old.example"})
    add_job(campaign, "duplicate_email")
    (waiting,), (later,) = make_leads(campaign, email="ann@example.com"), make_leads(campaign, email="ann@old.example")
    (captured,) = make_leads(campaign, email="ANN@EXAMPLE.COM")
    judge(campaign, later, captured)
    judge(campaign, waiting)
    assert failed(later, captured, waiting) == [False, False, True]


def test_a_run_without_the_transform_compares_what_was_captured_again(campaign, add_job, make_leads, typos, bob):
    transform = typos()
    job = add_job(campaign, "duplicate_email")
    (right,), (typo,) = make_leads(campaign, email="jo@gmail.com"), make_leads(campaign, email="jo@gmial.com")
    judge(campaign, right, typo)
    assert failed(right, typo) == [False, True]
    transforms.remove(transform.pk, actor=bob)
    lifecycle.requeue([typo.pk], actor=bob)
    judge(campaign, typo)
    assert (failed(right, typo), columns_of(typo)[3]) == ([False, False], None)
    assert job.pk


def test_an_edited_value_is_compared_at_once_as_the_last_run_transformed_it(campaign, add_job, make_leads, typos, bob):
    typos(new="telephone", source="company", values={"Acme": "+44 20 7946 0958"})
    add_job(campaign, "duplicate_email")
    (lead,) = make_leads(campaign, email="jo@gmail.com", telephone="020 7946 0001", company="Acme")
    judge(campaign, lead)
    assert columns_of(lead)[3:] == (None, "+442079460958", None)
    lifecycle.edit({lead.pk: {"email": "Al@Example.com", "telephone": "+44 20 7946 0958"}}, actor=bob)
    assert columns_of(lead)[:2] + columns_of(lead)[3:5] == ("al@example.com", "+442079460958", None, None)


def test_people_find_a_lead_by_what_was_captured(campaign, add_job, make_leads, typos):
    typos()
    (lead,) = make_leads(campaign, email="jo@gmial.com")
    judge(campaign, lead)
    assert columns_of(lead)[0] == "jo@gmial.com"
    assert Lead.objects.get(pk=lead.pk).values["email"] == "jo@gmail.com"


def test_a_look_up_reads_two_indexes_and_no_other_leads_whatever_their_number(campaign, add_job, make_leads, typos):
    typos()
    add_job(campaign, "duplicate_email")
    (typo,) = make_leads(campaign, email="jo@gmial.com")
    judge(campaign, typo)
    copies = copy_lead(Lead.objects.get(pk=typo.pk), 1_499, transformed_email="CASE WHEN n %% 3 = 0 THEN 'made' || n || '@example.com' END")
    assert len(copies) == 1_499
    wanted = [*make_leads(campaign, 10, email="jo@gmial.com"), *make_leads(campaign, 10, email="jo@gmail.com")]
    look_up = look_up_of(campaign, wanted)
    for statistics in (forget_statistics, analyse):
        statistics("leads_lead")
        scans = scans_of(look_up)
        assert {scan["Index Name"] for scan in scans} == {"lead_email", "lead_transformed_email"}
        assert sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans) <= 12
