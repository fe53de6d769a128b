"""The part of the settings form about the file, and the format that its settings mean."""

import json

import pytest
from django import forms

from batches.files.formats import BatchFormat, format_fields, format_layout, format_of
from campaigns.credentials.scope import set_owners
from campaigns.services import create_advertiser
from config.core.credentials.service import set_credential
from config.core.errors import DomainError
from processr.job_types.settings_fields import JobSettings

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"


@pytest.fixture
def make_form(campaign):
    """make_form(format="txt", …): the settings form, of which the other values are the initial ones."""

    def make(**values) -> forms.Form:
        fields = format_fields(campaign)
        kind = type("FormatSettings", (JobSettings,), {**fields, "layout": format_layout()})
        form = kind({name: values.get(name, field.initial) for name, field in fields.items()}, campaign=campaign)
        form.fields = {**form.fields, **fields}
        return form

    return make


@pytest.fixture
def password(bob, acme):
    credential = set_credential("File", actor=bob, secret=PASSWORD)
    set_owners(credential, [acme.pk], actor=bob)
    return credential


def test_the_initial_values_are_the_format_of_programs(make_form, campaign):
    form = make_form()
    assert form.is_valid(), form.errors
    assert format_of(form.cleaned_data, campaign_id=campaign.pk) == BatchFormat()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"format": "txt"}, BatchFormat(kind="txt", delimiter="\t")),
        ({"format": "txt", "delimiter": "pipe", "quotes": "all"}, BatchFormat(kind="txt", delimiter="|", quotes_all=True)),
        ({"encoding": "cp1252", "line_ends": "lf", "header": False}, BatchFormat(encoding="cp1252", line_end="\n", header=False)),
        ({"format": "xlsx", "zips": True, "neutralises": True}, BatchFormat(kind="xlsx", zips=True, neutralises=True)),
    ],
)
def test_settings_are_json_and_mean_a_format(make_form, campaign, values, expected):
    form = make_form(**values)
    assert form.is_valid(), form.errors
    stored = json.loads(json.dumps(form.cleaned_data))
    assert format_of(stored, campaign_id=campaign.pk) == expected
    assert expected.extension == ("zip" if expected.zips else expected.kind)


@pytest.mark.parametrize(
    "values",
    [
        {"format": "pdf"},
        {"delimiter": "x"},
        {"delimiter": '"'},
        {"encoding": "utf-7"},
        {"line_ends": "\r"},
        {"quotes": "none"},
    ],
)
def test_an_unknown_choice_is_refused(make_form, values):
    assert list(make_form(**values).errors) == list(values)


def test_a_credential_that_the_campaign_may_not_use_is_refused(make_form, bob):
    elsewhere = set_credential("Elsewhere", actor=bob, secret=PASSWORD)
    set_owners(elsewhere, [create_advertiser("Other", actor=bob).pk], actor=bob)
    for number in (99, elsewhere.pk):
        assert list(make_form(zips=True, zip_password=number).errors) == ["zip_password"]


def test_passwords_come_from_credentials_and_are_not_shown(make_form, campaign, password):
    form = make_form(format="xlsx", xlsx_password=password.pk, zips=True, zip_password=password.pk)
    assert form.is_valid(), form.errors
    assert PASSWORD not in json.dumps(form.cleaned_data)
    found = format_of(form.cleaned_data, campaign_id=campaign.pk)
    assert (found.xlsx_password, found.zip_password) == (PASSWORD, PASSWORD)
    assert PASSWORD not in repr(found)
    as_csv = make_form(format="csv", xlsx_password=password.pk, zip_password=password.pk)
    assert as_csv.is_valid()
    assert format_of(as_csv.cleaned_data, campaign_id=campaign.pk) == BatchFormat()


def test_a_file_that_should_have_a_password_is_never_written_without(make_form, campaign, password):
    form = make_form(zips=True, zip_password=password.pk)
    assert form.is_valid()
    password.delete()
    with pytest.raises(DomainError, match="password of the file is missing") as refused:
        format_of(form.cleaned_data, campaign_id=campaign.pk)
    assert refused.value.field == "zip_password"


@pytest.mark.parametrize("secret", ["pässword", "a\tb", "x" * 256])
def test_a_password_that_programs_type_differently_is_refused(make_form, bob, acme, secret):
    credential = set_credential("Odd", actor=bob, secret=secret)
    set_owners(credential, [acme.pk], actor=bob)
    form = make_form(zips=True, zip_password=credential.pk)
    assert "ASCII" in form.errors["zip_password"][0]


def test_the_layout_has_each_field_once():
    assert sorted(format_layout().names) == sorted(format_fields())
