"""Columns that leads are found by follow the present form of values, also of leads that came before."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from leads.models import Lead
from tests.values.test_telephones import WITH_COUNTRY_CODE

pytestmark = pytest.mark.django_db
migration = import_module("leads.migrations.0009_normal_forms_of_values")


def test_the_migration_derives_the_columns_anew_in_batches_and_may_run_twice(campaign, make_leads, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    spellings = [*WITH_COUNTRY_CODE[:4], "020 7946 0001"]
    leads = [make_leads(campaign, telephone=spelling, country="England", email="Jo@Example.com")[0].pk for spelling in spellings]
    derived = list(Lead.objects.order_by("pk").values_list("pk", "email", "phone", "name_key", "revision"))
    assert {phone for _, _, phone, _, _ in derived} == {"+442079460001"}
    Lead.objects.filter(pk__in=leads[:3]).update(phone="020794600010", email="?", name_key="old")
    for _ in range(2):
        migration.derive_again(None, SimpleNamespace(connection=connection))
        assert list(Lead.objects.order_by("pk").values_list("pk", "email", "phone", "name_key", "revision")) == derived


def test_a_lead_whose_values_are_no_texts_is_left_in_peace(campaign, make_leads):
    (lead,) = make_leads(campaign)
    Lead.objects.filter(pk=lead.pk).update(captured={"telephone": 442079460001, "email": None, "firstName": ["x"]})
    migration.derive_again(None, SimpleNamespace(connection=connection))
    assert Lead.objects.get(pk=lead.pk).phone == ""
