"""Groups of value transforms, renamed on campaigns and advertisers."""

import pytest

from campaigns import services as campaigns
from campaigns.models import Campaign
from config.core.accounts import roles
from config.core.errors import DomainError
from config.core.models import AuditEntry
from processr.models import ValueTransform
from processr.transforms import services
from tests.processr.transforms.making import definition

pytestmark = pytest.mark.django_db
RENAMED = "value transform group renamed"


@pytest.fixture(params=["campaign", "advertiser"])
def owner(request, campaign, acme):
    return campaign if request.param == "campaign" else acme


@pytest.fixture
def screen(owner) -> str:
    if isinstance(owner, Campaign):
        return f"/v2/campaigns/{owner.pk}/value_transforms"
    return f"/v2/advertisers/{owner.pk}/value-transforms"


@pytest.fixture
def grouped(owner, bob):
    """Two of Countries, one of Sizes, one of none."""
    for new, group in (("code", "Countries"), ("iso", "Countries"), ("size", "Sizes"), ("plain", "")):
        services.create(owner, definition("company", new, label=f"To {new}", group_name=group), actor=bob)


def groups(owner) -> list[str]:
    return list(services.transforms_of(owner).values_list("group_name", flat=True))


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=RENAMED))


def test_a_group_is_renamed_with_all_its_transforms_and_one_line_of_audit(owner, screen, grouped, reader):
    admin = reader()
    page = admin.get(f"{screen}/groups")
    assert "2 transforms: To code , To iso" in page.words
    assert f"{screen}/groups/rename?group=Countries" in page.html
    assert "In this group: To code , To iso ." in admin.get(f"{screen}/groups/rename?group=Countries").words
    assert groups(owner) == ["Countries", "Countries", "Sizes", ""], "looking has done something"
    page = admin.post(f"{screen}/groups/rename?group=Countries", name=" Places ")
    assert "Countries is called Places now." in page.words
    assert groups(owner) == ["Places", "Places", "Sizes", ""]
    (entry,) = entries()
    assert (entry.before["group"], len(entry.before["transforms"]), entry.after) == ("Countries", 2, {"group": "Places", "joined": []})


def test_a_name_that_is_taken_joins_the_groups_only_after_the_page_has_said_so(owner, screen, grouped, reader):
    admin, address = reader(), f"{screen}/groups/rename?group=Countries"
    page = admin.post(address, name="Sizes")
    assert "There is a group “ Sizes ” already , with 1 transform: To size" in page.words
    assert 'name="join" value="Sizes"' in page.html
    assert groups(owner) == ["Countries", "Countries", "Sizes", ""]
    page = admin.post(address, name="Sizes", join="Other")
    assert "There is a group" in page.words, "a button for another name has joined the groups"
    page = admin.post(address, name="Sizes", join="Sizes")
    assert "Countries is part of Sizes now: 3 transforms are in it." in page.words
    assert groups(owner) == ["Sizes", "Sizes", "Sizes", ""]
    (entry,) = entries()
    assert len(entry.after["joined"]) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("x" * 121, "Ensure this value has at most 120 characters"),
        ("a\x00b", "Null characters"),
    ],
)
def test_what_cannot_be_a_name_is_said_beside_it(owner, screen, grouped, reader, name, said):
    page = reader().post(f"{screen}/groups/rename?group=Countries", name=name)
    assert said in page.words
    assert groups(owner) == ["Countries", "Countries", "Sizes", ""]
    assert entries() == []


def test_a_name_of_the_longest_length_is_taken(owner, grouped, bob):
    assert services.rename_group(owner, "Countries", to="x" * 120, actor=bob) == 2


def test_the_same_name_again_leaves_no_trace(screen, grouped, reader):
    assert "Countries keeps its name." in reader().post(f"{screen}/groups/rename?group=Countries", name="Countries").words
    assert entries() == []


@pytest.mark.parametrize("group", ["", "Gone", "countries", "%00"])
def test_what_is_no_group_does_not_exist(screen, grouped, reader, group):
    admin = reader()
    assert admin.get(f"{screen}/groups/rename?group={group}").status == 404
    assert admin.post(f"{screen}/groups/rename?group={group}", name="Else").status == 404


def test_of_two_who_rename_the_same_group_the_second_is_told(owner, grouped, bob):
    services.rename_group(owner, "Countries", to="Places", actor=bob)
    with pytest.raises(DomainError) as refused:
        services.rename_group(owner, "Countries", to="Lands", actor=bob)
    assert "renamed meanwhile" in refused.value.message
    assert groups(owner)[:2] == ["Places", "Places"]


def test_a_campaigns_copies_and_the_advertisers_own_have_names_apart(campaign, acme, bob):
    kept = services.create(acme, definition("company", "code", group_name="Countries"), actor=bob)
    services.copy_into(campaign, [kept.pk], actor=bob)
    services.rename_group(acme, "Countries", to="Places", actor=bob)
    assert (groups(acme), groups(campaign)) == (["Places"], ["Countries"])


def test_who_may_rename_is_who_sets_campaigns_up(screen, grouped, owner, reader):
    for role in sorted(roles.ALL):
        code = 200 if role in roles.MANAGES_CAMPAIGNS else 403
        for rest in ("groups", "groups/rename?group=Countries"):
            assert reader(role).get(f"{screen}/{rest}").status == code, role


def test_anothers_groups_do_not_exist(bob, reader):
    rival = campaigns.create_advertiser("Rival", actor=bob)
    services.create(rival, definition(group_name="Countries"), actor=bob)
    agency, theirs = reader(roles.AGENCY), f"/v2/advertisers/{rival.pk}/value-transforms/groups"
    assert agency.get(theirs).status == 404
    assert agency.post(f"{theirs}/rename?group=Countries", name="Mine").status == 404
    assert ValueTransform.objects.get().group_name == "Countries"


def test_the_groups_page_asks_as_many_questions_of_twenty_as_of_two(owner, screen, reader, bob):
    def add(n: int, start: int) -> None:
        for number in range(start, start + n):
            services.create(owner, definition("company", f"new{number}", group_name=f"Group {number}"), actor=bob)

    admin = reader()
    add(2, 0)
    admin.get(f"{screen}/groups")
    few = admin.queries(f"{screen}/groups")
    add(18, 2)
    assert len(admin.queries(f"{screen}/groups")) == len(few)
    assert "Group 19" in admin.get(f"{screen}/groups").words


def test_no_groups_are_told_as_none(screen, reader):
    assert "No groups" in reader().get(f"{screen}/groups").words
