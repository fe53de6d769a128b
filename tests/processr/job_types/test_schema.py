"""The settings of every job type as JSON Schema: what the form takes fits it, and its defaults are the form's."""

import pytest
from django import forms
from jsonschema import Draft202012Validator

from processr.engine import scheduler
from processr.job_types.base import JobType
from processr.job_types.json_schema import settings_schema
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, FieldNamesField, JobSettings, fields_to_leave_out, fields_to_read
from processr.selectors import catalogue, statistics_of


class Row(forms.Form):
    field = FieldNameField()
    more_than = forms.IntegerField(required=False, min_value=0, max_value=9)


class Settings(JobSettings):
    fields_to_read = fields_to_read()
    fields_left_out = fields_to_leave_out(["*email*"])
    name = FieldNameField(label="Field", help_text="Where it stands.")
    word = forms.CharField(required=False, max_length=5)
    level = forms.ChoiceField(choices=[("Near", [("a", "A")]), ("b", "B")], initial="a")
    days = forms.MultipleChoiceField(choices=[("mon", "Monday")], required=False)
    strict = forms.BooleanField(required=False, initial=True)
    seconds = forms.IntegerField(min_value=1, initial=30)
    share = forms.FloatField(required=False, max_value=0.5)
    rows = RowsField(Row, at_most=3)
    other = forms.Field(required=False)


class Everything(JobType):
    key, label, Settings = "everything", "Everything", Settings


def test_each_kind_of_field_reads_as_what_a_program_may_send():
    schema = settings_schema(Everything)
    Draft202012Validator.check_schema(schema)
    lead_field = {"type": "string", "x-leadField": True, "maxLength": 80}
    expected = {
        "fields_to_read": {"type": "array", "items": lead_field, "default": []},
        "fields_left_out": {"default": ["*email*"]},
        "name": {**lead_field, "minLength": 1, "title": "Field", "description": "Where it stands."},
        "word": {"type": "string", "maxLength": 5},
        "level": {"enum": ["a", "b"], "x-labels": {"a": "A", "b": "B"}, "default": "a"},
        "days": {"type": "array", "items": {"enum": ["mon"]}, "uniqueItems": True},
        "strict": {"type": "boolean", "default": True},
        "seconds": {"type": "integer", "minimum": 1, "default": 30},
        "share": {"type": ["number", "null"], "maximum": 0.5},
        "other": {"title": "Other"},
    }
    assert {name: {key: schema["properties"][name].get(key) for key in said} for name, said in expected.items()} == expected
    rows = schema["properties"]["rows"]
    assert (rows["type"], rows["maxItems"], rows["minItems"], rows["items"]["required"]) == ("array", 3, 1, ["field"])
    assert rows["items"]["properties"]["more_than"]["type"] == ["integer", "null"]
    assert (schema["required"], schema["additionalProperties"], schema["title"]) == (["name", "rows"], False, "Everything")


@pytest.mark.parametrize("job_type", job_types.all(), ids=lambda job_type: job_type.key)
def test_the_schema_of_every_type_holds_for_its_own_defaults(job_type):
    schema = settings_schema(job_type)
    Draft202012Validator.check_schema(schema)
    defaults = {name: said["default"] for name, said in schema["properties"].items() if "default" in said}
    Draft202012Validator({**schema, "required": []}).validate(defaults)
    needed = {name for name, field in job_type.Settings.base_fields.items() if field.required and field.initial in (None, "", [])}
    assert set(schema.get("required", ())) == needed


def test_the_catalogue_is_in_the_order_of_labels_and_can_be_of_one_category(job_type):
    job_type("zz", label="A finder", category="enrichment")
    assert "zz" in [one.key for one in catalogue("enrichment")]
    assert [one.label.casefold() for one in catalogue()] == sorted(one.label.casefold() for one in job_types)
    assert catalogue("nothing") == []


@pytest.mark.django_db
def test_statistics_are_those_of_the_jobs_or_of_the_campaign_asked_for(campaign, three_jobs, make_leads):
    make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert statistics_of([three_jobs.test_data.pk])[three_jobs.test_data.pk] == (1, 1, 0, 0, 0)
    assert set(statistics_of(campaign)) == {three_jobs.test_data.pk, three_jobs.duplicate_email.pk, three_jobs.first_last_name_match.pk}
    assert statistics_of([]) == {}


def test_names_of_fields_are_told_from_other_texts():
    class WordsField(FieldNamesField):
        pass

    class Wordy(JobType):
        key, label = "wordy", "Wordy"
        Settings = type("S", (JobSettings,), {"words": WordsField()})

    assert settings_schema(Wordy)["properties"]["words"]["items"] == {"type": "string"}
