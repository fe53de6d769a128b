"""The enterprise: there is one from the start, read without a query."""

import pytest
from django.db import IntegrityError, transaction

from config.core import enterprise
from config.core.models import Currency, Enterprise
from tests.races import at_once


@pytest.mark.django_db
def test_it_is_there_after_migrating_and_asked_for_once(django_assert_num_queries):
    assert Enterprise.objects.get() == enterprise.current()
    with django_assert_num_queries(0):
        assert str(enterprise.zone()) == enterprise.current().zone


@pytest.mark.django_db
def test_there_is_no_second_one():
    with pytest.raises(IntegrityError), transaction.atomic():
        Enterprise.objects.create(name="Other", currency=enterprise.current().currency)


@pytest.mark.django_db(transaction=True)
def test_two_who_make_it_at_once_make_one():
    Enterprise.objects.all().delete()
    Currency.objects.all().delete()
    assert at_once(enterprise.ensure, enterprise.ensure, enterprise.ensure) == []
    assert Enterprise.objects.count() == 1
