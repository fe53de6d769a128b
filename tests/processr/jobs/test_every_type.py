"""Rules that every job type must follow. A new file in the folder is tested without a change here."""

import json
from typing import Any

import pytest
from django import forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processr.job_types.base import EngineJob, JobType, QualityCheck
from processr.job_types.outcomes import Outcome
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.models import Job
from tests.processr.jobs.asking import LEADS, NAMES, TEXT, in_no_time
from tests.processr.planned import job, lead

TYPES = sorted(job_types.all(), key=lambda job_type: job_type.key)
MOST = 10_000
CHUNKS_AT_ONCE = 4
"""Are asked about with the same settings, since most settings that are thrown make no sense."""

ORDINARY = {
    "firstName": ["Anna", "Ng", "sdfg", ""],
    "lastName": ["anna", "Bergström", "x"],
    "email": ["jo@gmail.com", "jo@mailinator.com", "jo@example.com", "jo@", "jo"],
    "telephone": ["020 7946 0958", "+44 20 7946 0958", "111111111", "12"],
    "country": ["GB", "USA", "Mordor", ""],
    "postcode": ["SW1A 1AA", "90210", "AA1 1AA"],
    "company": ["Acme, Inc.", "Anna", "test", "aaaa", "$$$$$"],
    "comment": ["shit", "Anna", "42", "2026-01-31"],
}
FIELDS = st.sampled_from(sorted(ORDINARY))
KEPT = st.one_of(
    FIELDS,
    st.sampled_from(sorted({value for values in ORDINARY.values() for value in values})),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
)
"""Values of settings: any text that can be stored."""
SENT = st.fixed_dictionaries({name: st.one_of(st.sampled_from(values), TEXT) for name, values in ORDINARY.items()})
ANY_LEAD = st.one_of(LEADS, SENT, st.builds(lambda odd, ordinary: {**odd, **ordinary}, LEADS, SENT))

ALONE = [
    job_type
    for job_type in TYPES
    if issubclass(job_type, QualityCheck) and job_type.compares is None and job_type.prepare is EngineJob.prepare
]
"""Those that look at one lead, and at nothing else."""

NO_JSON = (
    forms.DateField, forms.DateTimeField, forms.TimeField, forms.DurationField, forms.DecimalField, forms.UUIDField, forms.FileField,
    forms.ModelChoiceField,
)  # fmt: skip
"""Their cleaned values are objects; a generated text is hardly ever valid for them, so that the property below does not meet these."""

every_type = pytest.mark.parametrize("job_type", TYPES, ids=lambda job_type: job_type.key)
every_type_alone = pytest.mark.parametrize("job_type", ALONE, ids=lambda job_type: job_type.key)
lenient = settings(suppress_health_check=[HealthCheck.filter_too_much])


def as_they_come(job_type: type[JobType]) -> dict[str, Any]:
    return {name: field.initial for name, field in job_type.Settings.base_fields.items()}


def parsed(job_type: type[JobType], config: dict[str, Any]) -> JobSettings:
    """Return the bound form as services make it; settings that are not given have their initial values."""
    return job_type.Settings({**as_they_come(job_type), **config})


def settings_of(form: type[forms.Form]) -> st.SearchStrategy[dict[str, Any]]:
    """Return settings that users can choose, as JSON. Not every combination is valid."""
    return st.fixed_dictionaries({}, optional=_fields(form))


def _fields(form: type[forms.Form]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: _values(field) for name, field in form.base_fields.items()}


def _values(field: forms.Field) -> st.SearchStrategy[Any]:
    if isinstance(field, RowsField):
        return st.lists(st.fixed_dictionaries(_fields(field.row)), max_size=3)
    if isinstance(field, FieldNamesField):
        return st.one_of(st.lists(KEPT, max_size=4), KEPT, NAMES, st.just(field.initial))
    if isinstance(field, forms.BooleanField):
        return st.booleans()
    if isinstance(field, forms.MultipleChoiceField):
        return st.lists(_choices(field), max_size=3)
    if isinstance(field, forms.ChoiceField):
        return _choices(field)
    if isinstance(field, forms.IntegerField):
        return st.one_of(st.integers(field.min_value or 0, field.max_value or MOST), st.just(field.initial))
    return st.one_of(KEPT, st.just(field.initial))


def _choices(field: forms.ChoiceField) -> st.SearchStrategy[Any]:
    values = [value for value, _ in field.choices]
    return st.sampled_from(values) if values else st.just(field.initial)


def rule_of(job_type: type[JobType], config: dict[str, Any]) -> str:
    return job_type(job(type=job_type.key, config=config)).rule()


def test_there_are_types_and_most_of_them_look_at_one_lead():
    assert len(TYPES) > 20
    assert len(ALONE) > 15


def test_no_two_share_a_key_a_number_or_a_label():
    for name in ("key", "api_id", "label"):
        values = [getattr(job_type, name) for job_type in TYPES]
        assert len(set(values)) == len(values), name


@every_type
def test_it_says_what_it_is_and_what_it_does(job_type):
    assert job_type.label.strip() == job_type.label != ""
    assert job_type.description.endswith(".")
    assert job_type.category in Job.Category.values
    assert len(job_type.key) <= Job._meta.get_field("type").max_length
    assert len(job_type.label) <= Job._meta.get_field("label").max_length
    assert 0 <= job_type.default_score <= 1000


@every_type
@pytest.mark.django_db
def test_its_settings_are_valid_as_they_come_or_name_what_is_missing(job_type):
    form = parsed(job_type, {})
    required = {name for name, field in form.fields.items() if field.required and field.initial in field.empty_values}
    assert set(form.errors) <= required


@every_type
def test_its_rule_is_told_in_one_sentence_as_it_comes(job_type):
    assert job_type.rule is not JobType.rule
    rule = rule_of(job_type, {})
    assert rule.strip() == rule != ""
    assert len(rule.splitlines()) == 1
    assert len(rule) < 500
    assert not rule[0].islower()


@every_type
def test_its_settings_have_no_field_whose_cleaned_value_is_no_json(job_type):
    def fields(form: type[forms.Form]) -> list[forms.Field]:
        return [part for field in form.base_fields.values() for part in (fields(field.row) if isinstance(field, RowsField) else [field])]

    assert [field for field in fields(job_type.Settings) if isinstance(field, NO_JSON)] == []


@every_type
@pytest.mark.django_db
@lenient
@given(data=st.data())
def test_settings_that_were_parsed_are_kept_as_json_and_parse_to_the_same(job_type, data):
    form = parsed(job_type, data.draw(settings_of(job_type.Settings)))
    if not form.is_valid():
        return
    kept = json.loads(json.dumps(form.cleaned_data))
    assert kept == form.cleaned_data
    again = job_type.Settings(kept)
    assert (again.errors, again.cleaned_data) == ({}, kept)


@pytest.fixture(scope="module")
def chunks() -> list[list[dict[str, Any]]]:
    """As many as a property is shown examples, thrown once: they take longer to make than all types to judge them."""
    thrown: list[list[dict[str, Any]]] = []

    @given(chunk=st.lists(ANY_LEAD, min_size=2, max_size=5))
    def throw(chunk: list[dict[str, Any]]) -> None:
        thrown.append(chunk)

    throw()
    return thrown


@every_type_alone
@lenient
@given(data=st.data())
def test_whatever_is_set_and_sent_it_has_a_rule_and_answers_whoever_else_is_in_the_chunk(job_type, chunks, data):
    form = parsed(job_type, data.draw(settings_of(job_type.Settings)))
    if not form.is_valid():
        return
    planned, place = job(type=job_type.key, config=form.cleaned_data), data.draw(st.integers(0, len(chunks) - 1))
    assert job_type(planned).rule().strip()
    for all_captured in [*chunks, *chunks][place : place + CHUNKS_AT_ONCE]:
        leads = [lead(**captured) for captured in all_captured]
        chunk, alone = job_type(planned), {}
        for one in leads:
            alone[one.id] = job_type(planned).check(one)
        assert all(isinstance(outcome, Outcome) for outcome in alone.values())
        assert {one.id: chunk.check(one) for one in reversed(leads)} == alone


@every_type_alone
@in_no_time
def test_a_lead_of_a_hundred_long_fields_is_judged_in_no_time(job_type):
    long = {f"field{n}": character * 2_000 for n, character in enumerate("a1@. é" * 17)}
    names = {"firstName": "é\u0316\u0301" * 10_000, "email": "a@" * 10_000, "telephone": "1" * 10_000, "postcode": "A1" * 10_000}
    one = lead(**long, **names)
    assert isinstance(job_type(job(type=job_type.key)).check(one), Outcome)
