"""Simple Conditional Validation, Conditional Validation and Conditional Mapping Check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.conditional_mapping import ConditionalMapping
from processr.jobs.quality.conditional_validation import ConditionalValidation, SectionForm
from processr.jobs.quality.simple_conditional import SimpleConditional, SimpleConditionalSettings
from processr.jobs.text.conditions import ValuesField
from processr.models import Event, Job
from tests.processr.jobs.asking import LEADS, answers, outcome
from tests.processr.planned import job, lead

IN_COUNTRY = {"field": "country", "operator": "EXISTS", "values": ["UK", "IE"]}
IS_LARGE = {"field": "employees", "operator": "GREATERTHAN", "values": ["500"]}
IS_RICH = {"field": "turnover", "operator": "GREATERTHAN", "values": ["1000000"]}


def rule(job_type, **config) -> str:
    return job_type(job(config=config)).rule()


# Simple Conditional Validation


def test_their_numbers_stay():
    assert [one.api_id for one in (SimpleConditional, ConditionalValidation, ConditionalMapping)] == [1115, 9053, 9054]


def test_who_fails_is_told_what_the_value_must_be_and_what_it_was_is_kept():
    found = outcome(SimpleConditional, {"country": "FR"}, **IN_COUNTRY)
    assert (found.kind, found.reason, found.field, found.value) == (OutcomeKind.FAILED, "country must be one of UK, IE", "country", "FR")
    assert outcome(SimpleConditional, {"country": "IE"}, **IN_COUNTRY).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("operator", "kind"), [("EXISTS", OutcomeKind.FAILED), ("NOTEQUAL", OutcomeKind.PASSED), ("CONTAINS", OutcomeKind.FAILED)]
)
def test_a_field_the_lead_does_not_have_is_empty(operator, kind):
    assert outcome(SimpleConditional, {}, field="country", operator=operator, values=["UK"]).kind is kind


def test_the_rule_is_told_with_the_field():
    assert rule(SimpleConditional, **IN_COUNTRY) == "The field country is one of UK, IE"


def test_what_a_transform_has_made_is_what_is_compared():
    asked = SimpleConditional(job(config=IN_COUNTRY))
    one = lead(country="Great Britain")
    one.transformed["country"] = "UK"
    object.__setattr__(one, "values", {**one.captured, **one.transformed})
    assert asked.check(one).kind is OutcomeKind.PASSED


def test_what_enrichment_has_found_is_compared_where_nothing_was_captured():
    asked, one = SimpleConditional(job(config=IN_COUNTRY)), lead()
    one.enriched["country"] = "IE"
    assert asked.check(one).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("pasted", "values"),
    [
        ("UK,IE", ["UK", "IE"]), (" UK , IE ,, UK", ["UK", "IE"]), ("UK\r\nIE\nFR,DE", ["UK", "IE", "FR", "DE"]),
        ('Acme, "Smith, Jones & Co", Bolt', ["Acme", "Smith, Jones & Co", "Bolt"]), ('"a ""b"" c"', ['a "b" c']), ('"open, end', ['"open', "end"]),
        ('say "hi", ok', ['say "hi"', "ok"]), ('"a"b,c', ['"a"b', "c"]), ('"two\nlines",x', ["two\nlines", "x"]), ("uk,UK", ["uk", "UK"]),
        (["Smith, Jones", " UK "], ["Smith, Jones", "UK"]), ([5, True], ["5", "True"]), ("", []), (",,\n", []), ('""', []),
    ],
)  # fmt: skip
def test_every_comma_and_every_line_of_what_is_pasted_begins_a_new_value(pasted, values):
    assert ValuesField(required=False).clean(pasted) == values


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=6), max_size=4))
def test_what_a_page_shows_of_values_is_read_as_the_same(values):
    field = ValuesField(required=False)
    kept = field.clean(values)
    assert field.clean(field.prepare_value(kept)) == kept


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "field"), ({"field": "country"}, "values"), ({"field": "country", "values": " , "}, "values"),
        ({**IN_COUNTRY, "operator": "LIKE"}, "operator"), ({**IN_COUNTRY, "operator": "GREATERTHAN"}, "values"),
        ({**IS_LARGE, "values": ["500", "many"]}, "values"), ({**IS_LARGE, "operator": "LESSTHAN", "values": "1_000"}, "values"),
        ({**IN_COUNTRY, "values": ["x" * 251]}, "values"), ({**IN_COUNTRY, "values": [str(n) for n in range(1001)]}, "values"),
        ({**IN_COUNTRY, "values": ["a\x00"]}, "values"), ({**IN_COUNTRY, "field": "x" * 81}, "field"), ({**IN_COUNTRY, "fields": "x"}, "fields"),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_a_condition_that_can_never_hold_or_is_no_condition_is_refused_by_field(campaign, add_job, config, field):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "simple_conditional_validation", config=config)
    assert refused.value.field == field
    assert not Job.objects.exists()


def test_as_it_comes_from_a_page_it_is_kept_in_words_of_the_api():
    form = SimpleConditionalSettings({"field": "employees", "operator": "LESSTHAN", "values": "500"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"field": "employees", "operator": "LESSTHAN", "values": ["500"]}


# Conditional Validation


def section(*conditions, operation: str = "ALL") -> dict:
    return {"conditions": list(conditions), "operation": operation}


@pytest.mark.parametrize(
    ("operation", "sections", "passes"),
    [
        ("ALL", [section(IN_COUNTRY), section(IS_LARGE)], "both"),
        ("ANY", [section(IN_COUNTRY), section(IS_LARGE)], "either"),
        ("ALL", [section(IN_COUNTRY, IS_LARGE)], "both"),
        ("ANY", [section(IN_COUNTRY, IS_LARGE)], "both"),
        ("ALL", [section(IN_COUNTRY, IS_LARGE, operation="ANY")], "either"),
        ("ANY", [section(IN_COUNTRY, IS_LARGE, operation="ANY")], "either"),
    ],
)
@pytest.mark.parametrize("is_in", [True, False])
@pytest.mark.parametrize("is_large", [True, False])
def test_sections_are_joined_as_the_operation_says(operation, sections, passes, is_in, is_large):
    captured = {"country": "UK" if is_in else "FR", "employees": "501" if is_large else "500"}
    expected = (is_in and is_large) if passes == "both" else (is_in or is_large)
    found = outcome(ConditionalValidation, captured, operation=operation, sections=sections)
    assert (found.kind is OutcomeKind.PASSED) is expected


def test_sections_and_their_conditions_can_be_joined_differently():
    """In the country, and large or rich."""
    asked = {"operation": "ALL", "sections": [section(IN_COUNTRY), section(IS_LARGE, IS_RICH, operation="ANY")]}
    rich = {"country": "UK", "employees": "3", "turnover": "2e6"}
    assert outcome(ConditionalValidation, rich, **asked).kind is OutcomeKind.PASSED
    poor = outcome(ConditionalValidation, {**rich, "turnover": "1"}, **asked)
    assert (poor.field, poor.value) == ("employees", "3")
    assert poor.reason == "employees must be more than 500 or turnover must be more than 1000000"
    assert outcome(ConditionalValidation, {**rich, "country": "FR"}, **asked).reason == "country must be one of UK, IE"


def test_where_any_section_would_do_all_are_named():
    found = outcome(ConditionalValidation, {}, operation="ANY", sections=[section(IN_COUNTRY), section(IS_LARGE, IS_RICH)])
    assert (
        found.reason == "None of these holds: (country is one of UK, IE) or (employees is more than 500 and turnover is more than 1000000)"
    )


@pytest.mark.parametrize(
    ("operation", "sections", "told"),
    [
        ("ALL", [], "No condition is set yet"),
        ("ALL", [section(IN_COUNTRY)], "It holds that country is one of UK, IE"),
        ("ANY", [section(IN_COUNTRY), section(IS_LARGE)], "It holds that (country is one of UK, IE) or (employees is more than 500)"),
    ],
)
def test_the_rule_names_the_sections(operation, sections, told):
    assert rule(ConditionalValidation, operation=operation, sections=sections) == told


def test_as_a_page_sends_them_sections_hold_conditions_and_empty_ones_are_left_out():
    typed = {
        "operation": "ANY", "sections-0-operation": "ALL", "sections-0-conditions-0-field": "country",
        "sections-0-conditions-0-operator": "EXISTS", "sections-0-conditions-0-values": "UK, IE",
        "sections-0-conditions-1-field": "", "sections-0-conditions-1-operator": "EXISTS", "sections-0-conditions-1-values": "",
        "sections-1-operation": "ALL", "sections-1-conditions-0-field": "", "sections-1-conditions-0-operator": "EXISTS",
        "sections-1-conditions-0-values": "",
    }  # fmt: skip
    form = ConditionalValidation.Settings(typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"operation": "ANY", "sections": [section(IN_COUNTRY)]}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "This field is required."),
        ({"sections": [section(), section()]}, "This field is required."),
        ({"sections": [section(IN_COUNTRY), section({**IS_LARGE, "values": ["many"]})]}, "Row 2, Conditions: Row 1, Values: Only numbers"),
        ({"sections": [section(IN_COUNTRY)] * 51}, "Give at most 50 rows."),
        ({"sections": [section(*[IN_COUNTRY] * 21)]}, "Row 1, Conditions: Give at most 20 rows."),
        ({"sections": [section(IN_COUNTRY, operation="SOME")]}, "Row 1, Within the section: Select a valid choice"),
    ],
)
@pytest.mark.django_db
def test_what_is_wrong_with_a_section_is_said_with_its_place(campaign, add_job, config, message):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "conditional_validation", config=config)
    assert str(refused.value).startswith(message)
    assert refused.value.field == "sections"


# Conditional Mapping Check

MAPPING = [{"field": "country", "values": ["UK", "IE"]}, {"field": "size", "values": ["11-50", "51-200"]}]


@pytest.mark.parametrize(
    ("country", "size", "reason"),
    [
        ("UK", "11-50", ""), ("IE", "51-200", ""), ("FR", "11-50", "country must be one of UK, IE"), ("uk", "11-50", ""),
        ("UK", "1-10", "size must be one of 11-50, 51-200"), ("FR", "1-10", "country must be one of UK, IE"), ("UK", "", "size is empty: it must be one of 11-50, 51-200"),
    ],
)  # fmt: skip
def test_every_field_must_have_one_of_its_own_values(country, size, reason):
    found = outcome(ConditionalMapping, {"country": country, "size": size}, mapping=MAPPING)
    assert (found.kind is OutcomeKind.PASSED, found.reason) == (not reason, reason)


def test_the_rule_of_a_mapping_names_its_fields():
    assert rule(ConditionalMapping, mapping=MAPPING) == "All of it holds: country is one of UK, IE and size is one of 11-50, 51-200"


@pytest.mark.django_db
def test_set_to_run_after_enrichment_a_mapping_sees_what_was_found(campaign, add_job, make_leads):
    add_job(campaign, "email_domain_facts")
    add_job(
        campaign, "conditional_mapping", config={"mapping": [{"field": "emailDomain", "values": ["example.com"]}]}, after_enrichment=True
    )
    found, other = make_leads(campaign)[0], make_leads(campaign, email="jo@example.org")[0]
    scheduler.serve_campaigns(seconds=5)
    assert [Lead.objects.get(pk=one.pk).current_status for one in (found, other)] == ["valid", "invalid"]
    assert Event.objects.get(lead_id=other.pk).steps[-1]["reason"] == "emailDomain must be example.com"


@given(captured=LEADS, operation=st.sampled_from(["ANY", "ALL"]), within=st.sampled_from(["ANY", "ALL"]))
def test_whatever_is_sent_they_answer(captured, operation, within):
    rows = [{"field": name, "operator": "CONTAINS", "values": ["a", "5"]} for name in (*captured, "country")]
    answers(ConditionalValidation, captured, {"operation": operation, "sections": [section(*rows, operation=within)]})
    answers(ConditionalMapping, captured, {"mapping": rows})


def test_the_form_of_a_section_says_what_its_rows_are_for():
    assert [field.label for field in SectionForm.base_fields.values()] == ["Conditions", "Within the section"]
