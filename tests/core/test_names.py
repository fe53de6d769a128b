"""Names are refused if they hold direction marks."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from campaigns import services as campaigns
from campaigns.models import Advertiser, CampaignLink
from config.core.accounts import roles
from config.core.credentials.service import set_credential
from config.core.errors import DomainError
from config.core.models import User, names
from processr.lists.services import change_list, create_list
from processr.services import add_job, create_group, update_job
from processr.services.groups import update_group
from processr.transforms import services as transforms
from processr.transforms.definitions import Definition
from tests.cast import make_user

REFUSED = (
    "\u202emoc.buS", "Sub\u202d", "a\u202ab", "a\u202bb", "a\u202cb", "\u2066x\u2069", "x\u2067", "x\u2068y", "x\u2069", "\u200eAcme", "Acme\u200f",
    "شركة\u061c", "חברה\u200f בע״מ", "Ann \u202eeeL", "1\u200e2", "e\u0301\u202ex", "🙂\u2066", "\u202e\u202e", "Q3 \u200e(UK)", "a/b\u202e/c",
)  # fmt: skip
ALLOWED = (
    "Acme", "شركة", "חברה בע״מ", "می‌خواهم", "👩‍👩‍👧", "Zoë O’Neil", "東京", "a\u00a0b", "co\u00adop", "Q3 → Q4", "‹x›", "1/2", "Ł", "e\u0301",
    "नमस्ते", "ไทย", "x\u2060y", "∀", "-", "…",
)  # fmt: skip


def test_direction_marks_are_refused_and_the_letters_of_all_languages_are_not():
    assert [name for name in REFUSED if not names.fault_of(name)] == []
    assert [name for name in ALLOWED if names.fault_of(name)] == []


def test_the_refusal_names_the_mark_its_place_and_what_to_do():
    fault = names.fault_of("Acme \u202eLtd")
    assert fault == "A name cannot contain the invisible direction mark U+202E, which stands after “Acme ”. Type the name anew without it."
    assert "at the beginning" in names.fault_of("\u200eAcme")


@pytest.mark.django_db
def test_every_name_is_checked_where_it_is_written(campaign, acme, bob, currency):
    mark = "Sub\u202emoc"
    job = add_job(campaign, "first_last_name_match", actor=bob)
    group = create_group(campaign, name="Good", actor=bob)
    own_list = create_list("Good", advertiser=acme, actor=bob)
    definition = Definition("Good", "transform", "country", "land", {"values": {"a": "b"}}, "Good")
    transforms.create(acme, definition, actor=bob)
    writes = {
        "advertiser": lambda: campaigns.create_advertiser(mark, actor=bob),
        "agency": lambda: campaigns.create_agency(mark, advertisers=[], actor=bob),
        "publisher": lambda: campaigns.create_publisher(mark, actor=bob),
        "form": lambda: campaigns.create_form(mark, fields=[], actor=bob),
        "campaign": lambda: campaigns.create_campaign(
            mark, advertiser=acme, currency=currency, start=timezone.now(), lead_volume=1, actor=bob
        ),
        "link": lambda: campaigns.add_link(campaign, mark, actor=bob),
        "new job": lambda: add_job(campaign, "first_last_name_match", label=mark, actor=bob),
        "job": lambda: update_job(job.pk, actor=bob, changes={"label": mark}),
        "new group": lambda: create_group(campaign, name=mark, actor=bob),
        "group": lambda: update_group(group.pk, actor=bob, name=mark),
        "new list": lambda: create_list(mark, advertiser=acme, actor=bob),
        "list": lambda: change_list(own_list.pk, name=mark, actor=bob),
        "transform": lambda: transforms.create(acme, Definition(mark, "transform", "a", "b", {"values": {"a": "b"}}), actor=bob),
        "transform of a group": lambda: transforms.create(
            acme, Definition("x", "transform", "a", "b", {"values": {"a": "b"}}, mark), actor=bob
        ),
        "group of transforms": lambda: transforms.rename_group(acme, "Good", to=mark, actor=bob),
        "credential": lambda: set_credential(mark, actor=bob, secret="x"),
    }
    for what, write in writes.items():
        with pytest.raises(DomainError, match=r"direction mark U\+202E") as refusal:
            write()
        assert refusal.value.field in ("name", "label", "group_name"), what


def test_the_columns_of_names_check_them_in_every_form_of_the_support_pages():
    for model, column in ((User, "name"), (Advertiser, "name"), (Advertiser, "first_name"), (CampaignLink, "name")):
        with pytest.raises(ValidationError, match=r"U\+200F"):
            model._meta.get_field(column).clean("x\u200f", None)


@pytest.mark.django_db
def test_a_persons_own_name_is_refused_beside_its_field(client):
    client.force_login(make_user(roles.AGENCY, name="Ann Lee"))
    page = client.post(reverse("profile"), {"name": "Ann \u202eeeL", "zone": ""}).content.decode()
    assert "direction mark U+202E" in page
    assert User.objects.get().name == "Ann Lee"
