"""The migration that fills in compared values of transformed fields, and which leads arrived as tests."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from leads.models import Lead

pytestmark = pytest.mark.django_db
migration = import_module("leads.migrations.0016_tests_and_transformed_values_of_leads")
COLUMNS = ("transformed_email", "transformed_phone", "transformed_name_key", "arrived_as_test", "revision")


def test_leads_that_were_judged_before_are_filled_in_by_batches_and_it_may_run_twice(campaign, make_leads, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    made = [
        ({"email": "JO@Gmail.com"}, ("jo@gmail.com", None, None)),
        ({"email": "Jo@Example.com"}, (None, None, None)),
        ({"email": ""}, ("", None, None)),
        ({"country": "GB"}, (None, "+442079460001", None)),
        ({"telephone": "+442079460002", "lastName": "ÅNG"}, (None, "+442079460002", "ann ang")),
        ({"company": "Acme"}, (None, None, None)),
        ({}, (None, None, None)),
        ({"email": 7, "telephone": None}, ("", "", None)),
    ]
    captured = {"email": "jo@example.com", "telephone": "020 7946 0001", "firstName": "Ann", "lastName": "Ng"}
    leads = [make_leads(campaign, **captured)[0].pk for _ in made]
    for pk, (transformed, _) in zip(leads, made, strict=True):
        Lead.objects.filter(pk=pk).update(transformed=transformed)
    Lead.objects.filter(pk__in=leads[:3]).update(qa_status="test", current_status="test")
    expected = [(*columns, place < 3, 0) for place, (_, columns) in enumerate(made)]
    for _ in range(2):
        migration.fill(None, SimpleNamespace(connection=connection))
        assert list(Lead.objects.filter(pk__in=leads).order_by("pk").values_list(*COLUMNS)) == expected
