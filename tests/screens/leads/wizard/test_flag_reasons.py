"""Enterprise > Flag Reasons: admins keep the reasons, and categories that are permanent."""

import pytest

from config.core.models import AuditEntry
from leads.models import FlagReason, FlagReasonCategory

pytestmark = pytest.mark.django_db
PAGE = "/v2/enterprise/flag-reasons"


def names(flag: str) -> list[str]:
    return list(FlagReason.objects.filter(flag=flag).values_list("name", flat=True))


def test_a_reason_is_added_renamed_moved_and_removed(reader):
    admin = reader()
    assert "“Wrong country” added" in admin.post(f"{PAGE}?flag=invalid", name="  Wrong   country ").words
    assert names("invalid")[-1] == "Wrong country"
    assert "is there already" in admin.post(f"{PAGE}?flag=invalid", name="wrong COUNTRY").words
    reason = FlagReason.objects.get(name="Wrong country")
    admin.post(f"{PAGE}/{reason.pk}/move")
    assert names("invalid")[-2] == "Wrong country"
    admin.post(f"{PAGE}/{reason.pk}", name="Wrong continent")
    assert "is there already" in admin.post(f"{PAGE}/{reason.pk}", name="Returned").words
    assert "Wrong continent" in names("invalid")
    admin.post(f"{PAGE}/{reason.pk}/remove")
    assert "Wrong continent" not in names("invalid")
    actions = set(AuditEntry.objects.filter(page="Flag Reasons").values_list("action", flat=True))
    assert actions == {"Reason added", "Reason moved", "Reason renamed", "Reason removed"}


def test_there_is_a_tab_for_each_flag_and_an_unknown_one_leads_to_the_first(reader):
    admin = reader()
    for flag, label in FlagReason.Flag.choices:
        assert f"Reasons to mark a lead as {label}" in admin.get(f"{PAGE}?flag={flag}").words
    assert admin.client.get(f"{PAGE}?flag=purple")["Location"] == PAGE
    assert admin.client.post(f"{PAGE}?flag=valid", {"name": "x" * 256}).status_code == 422


def test_a_new_category_is_permanent_and_says_so(reader):
    returned = FlagReason.objects.get(name="Returned")
    admin = reader()
    page = f"{PAGE}/{returned.pk}/configure"
    assert "it can never be edited or deleted" in admin.get(page).words
    assert "a category is permanent" in admin.post(page, name="Wrong person").words
    admin.post(page, name="Wrong person", permanent="on")
    assert "is there already" in admin.post(page, name="wrong person", permanent="on").words
    assert "“None” is there already" in admin.post(page, name="none", permanent="on").words
    assert list(FlagReasonCategory.objects.values_list("name", flat=True)) == ["Wrong person"]
    assert "stays with them" in admin.post(f"{PAGE}/{returned.pk}/remove").words
    other = FlagReason.objects.get(flag="valid", is_other=True)
    assert "always stays" in admin.post(f"{PAGE}/{other.pk}/remove").words
    assert admin.client.get(f"{PAGE}/{other.pk}/configure").status_code == 404
