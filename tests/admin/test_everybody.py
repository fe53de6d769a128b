"""Every address of the admin, for each role: support staff get in, all others are redirected or refused."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, ResolverMatch, resolve, reverse

from config.core.accounts import roles
from config.core.admin import site
from config.core.models import AuditEntry
from tests.admin.rows import address, models_of_the_apps
from tests.cast import make_user

pytestmark = pytest.mark.django_db

REFUSED = [
    *((role, {}) for role in roles.LABELS),
    *((role, {"is_staff": True, "is_superuser": True}) for role in sorted(roles.ALL - roles.SUPPORT_STAFF)),
    ("admin", {"is_superuser": True}),
]


def addresses(rows) -> list[str]:
    found = [reverse("admin:index"), "/admin/autocomplete/", "/admin/jsi18n/", "/admin/nowhere/", "/admin/password_change/"]
    found += [reverse("admin:app_list", args=[app]) for app in {model._meta.app_label for model in rows}]
    for model, row in rows.items():
        found += [reverse(address(model, page)) for page in ("changelist", "add")]
        found += [reverse(address(model, page), args=[row.pk]) for page in ("change", "delete", "history")]
    user = next(row for model, row in rows.items() if model._meta.model_name == "user")
    return [*found, reverse("admin:core_user_password", args=[user.pk])]


@pytest.fixture(scope="module")
def pages(a_row_each) -> dict[str, ResolverMatch]:
    return {path: resolve(path) for path in addresses(a_row_each)}


def test_every_table_has_its_pages():
    assert [model for model in models_of_the_apps() if not site.is_registered(model)] == []


@pytest.mark.parametrize(
    ("role", "flags", "code"),
    [("nobody", {}, 302), ("super", {"is_staff": True, "is_superuser": True}, 403)],
)
def test_who_is_not_support_staff_gets_nowhere(pages, role, flags, code):
    """Browsers: a visitor, and the role that comes nearest to support staff."""
    client = Client()
    if role != "nobody":
        client.force_login(make_user(role, **flags))
    for method in (client.get, client.post):
        assert {path: method(path).status_code for path in pages} == dict.fromkeys(pages, code)


@pytest.mark.parametrize(("role", "flags"), REFUSED)
def test_no_page_lets_in_who_is_not_support_staff(pages, role, flags):
    """Views called without the middleware, for every role."""
    user = make_user(role, **flags)
    for method in ("GET", "POST"):
        assert [path for path, page in pages.items() if not _refuses(page, method, user)] == []


def _refuses(page: ResolverMatch, method: str, user) -> bool:
    request = RequestFactory().generic(method, "/admin/")
    request.user = user
    try:
        page.func(request, *page.args, **page.kwargs)
    except PermissionDenied:
        return True
    return False


def test_support_staff_open_every_page_there_is(a_row_each, support):
    for model, row in a_row_each.items():
        listed = support.get(reverse(address(model, "changelist")))
        assert (model, listed.status_code) == (model, 200)
        opened = support.get(reverse(address(model, "change"), args=[row.pk]))
        assert (model, opened.status_code) == (model, 200)
        trail = support.get(reverse(address(model, "history"), args=[row.pk]))["Location"]
        assert trail == f"{reverse('admin:core_auditentry_changelist')}?q={model._meta.label_lower}+{row.pk}"
        page = site.get_model_admin(model)
        assert support.get(reverse(address(model, "add"))).status_code == (200 if "add" in page.may else 403)
        assert support.get(reverse(address(model, "delete"), args=[row.pk])).status_code == (200 if "delete" in page.may else 403)
    assert support.get(trail).status_code == 200


def test_who_signs_in_no_more_is_sent_to_the_one_sign_in_page():
    assert Client().get("/admin/leads/lead/?q=ann")["Location"] == "/sign-in?next=/admin/leads/lead/%3Fq%3Dann"


def test_support_staff_with_an_expired_password_change_it_first(sue, support):
    sue.password_expired = True
    sue.save(update_fields=["password_expired"])
    assert support.get("/admin/")["Location"] == "/password"


def test_support_staff_who_did_nothing_for_long_are_signed_out(support, time_machine, settings):
    settings.IDLE_SECONDS = 600
    time_machine.move_to("2026-11-21 10:00Z", tick=False)
    assert support.get("/admin/").status_code == 200
    time_machine.move_to("2026-11-21 10:11Z", tick=False)
    assert support.get("/admin/").status_code == 302


def test_who_is_switched_off_is_out_at_once(sue, support):
    type(sue).objects.filter(pk=sue.pk).update(is_active=False)
    assert support.get("/admin/").status_code == 302


def test_a_page_guessed_from_an_id_is_not_offered():
    with pytest.raises(NoReverseMatch):
        reverse("admin:view_on_site", args=[1, "1"])


def test_signing_out_of_the_admin_is_signing_out_and_audited(support):
    support.post("/admin/logout/")
    assert support.get("/admin/").status_code == 302
    assert AuditEntry.objects.latest("id").action == "Signed out"
