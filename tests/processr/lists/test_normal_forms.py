"""Telephone numbers that lists kept in an earlier form are brought to the present one."""

from datetime import datetime
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from processr.models import FieldValue, IndexedField, SuppressedPhone, ValidationListValue

pytestmark = pytest.mark.django_db
migration = import_module("processr.migrations.0006_normal_forms_of_telephones")


def migrate_twice() -> None:
    for _ in range(2):
        migration.bring_to_normal_form(None, SimpleNamespace(connection=connection))


def test_entries_that_are_one_number_become_one_and_the_others_stay(monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    earlier = [
        "+44020794600001",
        "00442079460001",
        "+442079460001",
        "+4402079460001",
        "02079460001",
        "+4403012345678",
        "00443012345678",
        "123",
    ]
    SuppressedPhone.objects.bulk_create(SuppressedPhone(phone=phone, added_at=timezone.now()) for phone in earlier)
    migrate_twice()
    kept = list(SuppressedPhone.objects.values_list("phone", flat=True))
    assert sorted(kept) == sorted({"+4420794600001", "+442079460001", "02079460001", "+443012345678", "123"})


def test_values_of_lists_are_known_as_numbers(make_list, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    listed = make_list("(+44) 20 7946 0001", "020 7946 0001", "Acme 2", "jo1@example.com", "4.47912E+11")
    numbers = dict(ValidationListValue.objects.filter(list=listed).values_list("value", "telephone"))
    assert numbers == {
        "(+44) 20 7946 0001": "+442079460001", "020 7946 0001": "02079460001", "Acme 2": "", "jo1@example.com": "", "4.47912E+11": "",
    }  # fmt: skip
    ValidationListValue.objects.update(telephone="")
    migrate_twice()
    assert dict(ValidationListValue.objects.filter(list=listed).values_list("value", "telephone")) == numbers


def test_indexed_fields_for_telephones_are_filled_again_and_no_others(monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    at = datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())
    phone, company = (IndexedField.objects.create(name=name, filled_to=9, seen_xid=1, ready_at=at) for name in ("workPhone", "company"))
    FieldValue.objects.bulk_create(FieldValue(field=field, lead_id=n, campaign_id=1, key=n) for field in (phone, company) for n in range(5))
    migrate_twice()
    assert list(FieldValue.objects.values_list("field", flat=True).distinct()) == [company.pk]
    assert set(IndexedField.objects.values_list("name", "filled_to", "ready_at")) == {("workPhone", 0, None), ("company", 9, at)}
