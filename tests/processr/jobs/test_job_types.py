"""The outcome of each job type for a lead."""

from dataclasses import replace
from pathlib import Path

import pytest

from processr import jobs
from processr.job_types.outcomes import OutcomeKind
from processr.job_types.registry import job_types
from processr.jobs.quality.first_last_name import FirstLastName
from processr.jobs.quality.test_data import TestData
from tests.processr.planned import job, lead


def outcome(job_type, captured: dict[str, str], **config):
    one = lead(**captured)
    return job_type(job(config=config)).check(one)


@pytest.mark.parametrize(
    ("value", "hit"),
    [
        ("test", True), ("Test", True), ("TEST", True), ("a test run", True), ("test@example.com", True), ("jo@test.com", True),
        ("jo.test@example.com", True), ("jo-test", True), ("test_user", True), ("test1", True), ("123test", True), ("(test)", True),
        ("Testa", False), ("contest", False), ("testing", False), ("attested", False), ("Metlab Testing Services", False),
        ("testé", False), ("Łtest", False), ("te st", False), ("", False), ("TestTest", False),
    ],
)  # fmt: skip
def test_the_word_test_is_found_by_itself_and_not_inside_another_word(value, hit):
    assert (outcome(TestData, {"company": value}).kind is OutcomeKind.FAILED) == hit


def test_the_word_is_looked_for_in_the_configured_fields_only():
    assert outcome(TestData, {"company": "test", "firstName": "Jo"}, fields_to_read=["firstName"]).kind is OutcomeKind.PASSED
    found = outcome(TestData, {"company": "fine", "firstName": "Test"}, fields_to_read=["absent", "firstName"])
    assert (found.kind, found.field, found.value, found.reason) == (
        OutcomeKind.FAILED,
        "firstName",
        "Test",
        "The word 'test' appears in firstName",
    )


@pytest.mark.parametrize("value", ["AA1 1AA", "aa1 1aa", "AA11AA", " Aa1  1aA "])
def test_the_postcode_of_test_data_fails_under_any_field_name_and_spelling(value):
    found = outcome(TestData, {"zip": value}, fields_to_read=["firstName"])
    assert (found.kind, found.field) == (OutcomeKind.FAILED, "zip")


@pytest.mark.parametrize(
    ("captured", "transformed", "enriched", "named", "found"),
    [
        ({"company": "test"}, {"company": "Acme"}, {}, [], None),
        ({"company": "test"}, {"company": ""}, {}, [], None),
        ({"company": "Acme"}, {"company": "Test Ltd"}, {}, [], ("company", "Test Ltd")),
        ({"company": "Acme"}, {"company": "Test Ltd"}, {}, ["company"], ("company", "Test Ltd")),
        ({"company": "test"}, {"trade": "Acme"}, {}, [], ("company", "test")),
        ({"company": "Acme"}, {"trade": "test"}, {}, ["trade"], ("trade", "test")),
        ({"company": "Acme"}, {"trade": "test"}, {}, [], None),
        ({"company": "Acme"}, {}, {"sector": "test"}, ["sector"], ("sector", "test")),
        ({"company": "Acme"}, {}, {"sector": "test"}, [], None),
        ({"company": "Acme"}, {}, {"company": "test"}, ["company"], None),
        ({"company": "test"}, {"company": "Acme"}, {"company": "test"}, ["company"], None),
        ({"zip": "AA1 1AA"}, {"zip": "SW1A 1AA"}, {}, [], None),
        ({"zip": "aa11aa-"}, {"zip": "AA1 1AA"}, {}, [], ("zip", "AA1 1AA")),
        ({"zip": "aa11aa-"}, {"zip": "AA1 1AA"}, {}, ["company"], ("zip", "AA1 1AA")),
        ({"zip": "N1 9GU"}, {}, {"zip": "AA1 1AA"}, [], None),
    ],
)
def test_what_a_transform_made_of_a_value_is_the_value(captured, transformed, enriched, named, found):
    one = replace(lead(**captured), transformed=transformed, enriched=enriched)
    outcome = TestData(job(config={"fields_to_read": named})).check(one)
    assert ((outcome.field, outcome.value) if outcome.kind is OutcomeKind.FAILED else None) == found


def test_other_postcodes_pass():
    assert outcome(TestData, {"postcode": "AA1 1AB", "zip": "BAA1 1AA"}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ("Kim", "Lee", OutcomeKind.PASSED), ("Kim", "Kim", OutcomeKind.FAILED), (" kim ", "KIM", OutcomeKind.FAILED), ("José", "jose", OutcomeKind.FAILED),
        ("Anna  Maria", "anna maria", OutcomeKind.FAILED), ("Straße", "STRASSE", OutcomeKind.FAILED), ("Kim", "Kimi", OutcomeKind.PASSED),
        ("", "", OutcomeKind.SKIPPED), ("Kim", "", OutcomeKind.SKIPPED), (" ", "Kim", OutcomeKind.SKIPPED),
        ("O’Neil", "o'neil", OutcomeKind.FAILED), ("Łukasz", "LUKASZ\u200f", OutcomeKind.FAILED), ("Jean‐Luc", "jean-luc", OutcomeKind.FAILED), ("\u3164", "Kim", OutcomeKind.SKIPPED),
        ("か", "が", OutcomeKind.PASSED), ("Андреи", "Андрей", OutcomeKind.PASSED), ("کمال", "\u200cکمال", OutcomeKind.FAILED), ("Kim", "\u200b", OutcomeKind.SKIPPED),
    ],
)  # fmt: skip
def test_first_and_last_name_are_compared_as_names(first, last, kind):
    assert outcome(FirstLastName, {"firstName": first, "lastName": last}).kind is kind


def test_a_missing_name_is_told_as_the_reason_why_the_job_is_not_run():
    assert outcome(FirstLastName, {"firstName": "Kim"}).reason == "The lead does not have both names"


def test_names_are_read_from_the_configured_fields():
    assert outcome(FirstLastName, {"given": "Kim", "family": "kim"}, first_name="given", last_name="family").kind is OutcomeKind.FAILED


def test_a_file_in_the_jobs_folder_is_all_a_type_needs_to_be_found():
    folders = ("quality", "enrichment")
    files = {
        f"{folder}.{path.stem}" for folder in folders for path in Path(jobs.__path__[0], folder).glob("*.py") if path.stem != "__init__"
    }
    homes = [job_type.__module__.removeprefix(f"{jobs.__name__}.") for job_type in job_types.all()]
    assert files == {home for home in homes if home.startswith(folders)}
    assert {"duplicate_email": 1001, "test_data": 1003, "first_last_name_match": 1004}.items() <= {
        t.key: t.api_id for t in job_types.all()
    }.items()


def test_no_two_types_share_the_vendors_number():
    numbers = [job_type.api_id for job_type in job_types.all()]
    assert len(numbers) == len(set(numbers))
