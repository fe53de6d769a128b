"""Changes by support staff: written once, audited once, and passed on to whatever depends on them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import program_logins, services, submission
from campaigns.models import Advertiser, Agency, ApiKey, Campaign, CampaignPublisher, Form, FormField, Membership, Publisher
from config.core import enterprise
from config.core.accounts import bearer, roles
from config.core.credentials import encryption
from config.core.models import AccessToken, AuditEntry, Credential, Currency, Enterprise, SavedTable, User
from leads.models import FlagReason, FlagReasonCategory
from processr.models import Job, SuppressedEmail, SuppressedName, SuppressedPhone
from processr.plans import current_plan
from processr.services import add_job
from tests.admin.rows import address
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "three green llamas dance"


@pytest.fixture
def form_of(support):
    """form_of(row): the fields of the row's page as a browser would send them."""

    def read(row_or_model) -> dict[str, str]:
        new = isinstance(row_or_model, type)
        path = reverse(address(row_or_model, "add")) if new else reverse(address(row_or_model, "change"), args=[row_or_model.pk])
        form = support.get(path).context["adminform"].form
        sent = {}
        for bound in form:
            value = bound.value()
            parts = bound.field.widget.decompress(value) if hasattr(bound.field.widget, "decompress") else None
            values = {f"{bound.html_name}_{i}": part for i, part in enumerate(parts)} if parts else {bound.html_name: value}
            sent |= {name: value for name, value in values.items() if value is not None and value is not False}
        return sent

    return read


@pytest.fixture
def save(support, form_of):
    """save(row, name=…): post the row's page with these changes; the answer is a redirect on success."""

    def send(row_or_model, **changes):
        new = isinstance(row_or_model, type)
        path = reverse(address(row_or_model, "add")) if new else reverse(address(row_or_model, "change"), args=[row_or_model.pk])
        sent = {**form_of(row_or_model), **changes}
        return support.post(path, {name: value for name, value in sent.items() if value is not None})

    return send


def errors(answer) -> str:
    assert answer.status_code == 200, "it was taken"
    return re.sub(r"<[^>]+>", " ", "".join(re.findall(r'<ul class="errorlist.*?</ul>', answer.content.decode(), re.DOTALL)))


def latest() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_a_change_leaves_one_line_with_both_values_and_touches_nothing_else(save, campaign, sue):
    entries = AuditEntry.objects.count()
    other = Campaign.objects.get(pk=campaign.pk)
    answer = save(campaign, name="Autumn", reference="PO 7")
    assert answer.status_code == 302, errors(answer)
    changed = Campaign.objects.get(pk=campaign.pk)
    assert (changed.name, changed.reference, changed.start, changed.plan_number) == ("Autumn", "PO 7", other.start, other.plan_number)
    assert changed.updated_at > other.updated_at
    entry = latest()
    assert AuditEntry.objects.count() == entries + 1
    assert (entry.actor_id, entry.actor_name, entry.page, entry.action) == (sue.pk, "Sue Support", "Support", "campaign changed")
    assert (entry.object_type, entry.object_id, entry.campaign_id) == ("campaigns.campaign", str(campaign.pk), campaign.pk)
    assert (entry.before, entry.after) == ({"name": "Spring", "reference": ""}, {"name": "Autumn", "reference": "PO 7"})


def test_saving_without_a_change_writes_nothing(save, campaign):
    before = Campaign.objects.values().get(pk=campaign.pk)
    entries = AuditEntry.objects.count()
    assert save(campaign).status_code == 302
    assert (AuditEntry.objects.count(), Campaign.objects.values().get(pk=campaign.pk)) == (entries, before)


@pytest.mark.parametrize(("changes", "new_plan"), [({"threshold": "60"}, True), ({"test_mode": "on"}, True), ({"sector": "IT"}, False)])
def test_what_is_done_to_leads_changes_by_a_new_plan(save, campaign, changes, new_plan):
    number = current_plan(campaign.pk).number
    assert save(campaign, **changes).status_code == 302
    assert (current_plan(campaign.pk).number > number) is new_plan
    if "threshold" in changes:
        assert current_plan(campaign.pk).threshold == 60


def test_a_campaign_cannot_end_before_it_starts(save, campaign):
    before = timezone.localtime(campaign.start) - timedelta(days=1)
    assert "campaign_ends_after_start" in errors(save(campaign, end_0=f"{before:%d/%m/%Y}", end_1="00:00:00"))


def test_holding_over_delivery_is_switched_on_and_off(save, campaign):
    for sent, holds in (("on", True), (None, False)):
        assert save(campaign, hold_over_delivery=sent).status_code == 302
        assert Campaign.objects.get(pk=campaign.pk).hold_over_delivery is holds


@pytest.mark.parametrize(("sent", "delay"), [("90", 90), (" 0 ", 0), ("43200", 43_200)])
def test_the_process_delay_is_in_minutes(save, campaign, sent, delay):
    assert save(campaign, process_delay=sent).status_code == 302
    assert Campaign.objects.get(pk=campaign.pk).process_delay == delay


@pytest.mark.parametrize("sent", ["-1", "43201", "an hour", "", "99999999999999999999"])
def test_a_process_delay_that_is_none_is_refused(save, campaign, sent):
    assert errors(save(campaign, process_delay=sent)).strip()
    assert Campaign.objects.get(pk=campaign.pk).process_delay == 0


def test_a_new_payout_is_taken_and_the_cap_stays(save, make_campaign):
    contract = make_campaign("Capped", cap=5).contracts.get()
    assert save(contract, payout="31.5").status_code == 302
    kept = CampaignPublisher.objects.get(pk=contract.pk)
    assert (float(kept.payout), kept.cap, latest().campaign_id) == (31.5, 5, contract.campaign_id)


def test_an_agency_gets_another_advertiser(save, acme, bob):
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    zenith = services.create_advertiser("Zenith", actor=bob)
    assert save(agency, advertisers=[acme.pk, zenith.pk]).status_code == 302
    assert set(Agency.objects.get().advertisers.all()) == {acme, zenith}
    assert (latest().before, latest().after) == ({"advertisers": [acme.pk]}, {"advertisers": [zenith.pk, acme.pk]})


@pytest.mark.parametrize("model", [Advertiser, Agency, Publisher])
def test_a_new_party_is_audited(save, model):
    assert save(model, name="New Party").status_code == 302
    assert (latest().action, latest().after["name"]) == (f"{model._meta.verbose_name} created", "New Party")


def test_a_membership_is_of_one_party_and_taken_away_with_a_trace(save, support, acme, pat):
    user = make_user(roles.PUBLISHER)
    assert "exactly one" in errors(save(Membership, user=user.pk, publisher=pat.pk, advertiser=acme.pk))
    assert "exactly one" in errors(save(Membership, user=user.pk))
    assert save(Membership, user=user.pk, publisher=pat.pk).status_code == 302
    membership = Membership.objects.get()
    support.post(reverse("admin:campaigns_membership_delete", args=[membership.pk]), {"post": "yes"})
    assert not Membership.objects.exists()
    assert (latest().action, latest().before["publisher"], latest().severity) == ("membership deleted", pat.pk, "high")


def test_somebody_new_gets_in_by_the_password_that_is_set_for_them(save, support):
    answer = save(User, username="ann", name="Ann Lee", email="ann@example.com", role=roles.AGENCY)
    ann = User.objects.get(username="ann")
    assert answer["Location"] == reverse("admin:core_user_password", args=[ann.pk])
    assert ann.has_usable_password(), "“Forgotten password” would not work for them"
    assert (latest().action, "password" in str(latest().after)) == ("user created", False)
    support.post(answer["Location"], {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD, "must_change": "on"})
    door = Client()
    assert door.post(reverse("sign_in"), {"username": "ann", "password": NEW_PASSWORD}).status_code == 302
    assert door.get("/profile")["Location"] == reverse("change_password")


def test_a_set_password_ends_sessions_and_tokens(support, sue):
    ann = make_user(roles.AGENCY)
    theirs = Client()
    theirs.force_login(ann)
    issued = bearer.issue(ann, source=bearer.PASSWORD)
    path = reverse("admin:core_user_password", args=[ann.pk])
    refused = support.post(path, {"new_password1": "12345", "new_password2": "12345"})
    assert (refused.status_code, "12345" in refused.content.decode()) == (200, False)
    assert theirs.get("/profile").status_code == 200
    answer = support.post(path, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert answer.status_code == 302
    ann.refresh_from_db()
    assert (ann.check_password(NEW_PASSWORD), ann.password_expired, ann.password_changed_at is not None) == (True, False, True)
    assert theirs.get("/profile").status_code == 302
    assert AccessToken.objects.filter(user=ann, revoked_at=None).count() == 0
    assert support.get("/api/v2/publisher/fields/1", headers={"Authorization": f"Bearer {issued.access_token}"}).status_code == 401
    assert (latest().action, latest().object_id, latest().severity) == ("user password set", str(ann.pk), "high")
    assert NEW_PASSWORD not in str(list(AuditEntry.objects.values()))


def test_ones_own_password_is_changed_where_the_present_one_is_asked_for(support, sue):
    path = reverse("admin:core_user_password", args=[sue.pk])
    answer = support.post(path, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert answer["Location"] == reverse("change_password")
    sue.refresh_from_db()
    assert sue.check_password(PASSWORD)


def test_who_is_switched_off_stays_out_after_being_switched_on_again(save, support):
    ann, ben = make_user(roles.AGENCY), make_user(roles.AGENCY)
    hers, his = Client(), Client()
    hers.force_login(ann)
    his.force_login(ben)
    bearer.issue(ann, source=bearer.PASSWORD)
    assert save(ann, is_active=None).status_code == 302
    ann.refresh_from_db()
    assert save(ann, is_active="on").status_code == 302
    assert (hers.get("/profile").status_code, his.get("/profile").status_code) == (302, 200)
    assert AccessToken.objects.get(user=ann).revoked_at is not None


@pytest.mark.parametrize("changes", [{"is_active": None}, {"is_staff": None}, {"role": roles.SUPER, "is_staff": None}])
def test_nobody_locks_themselves_out(save, sue, changes):
    assert "lock yourself out" in errors(save(sue, **changes))
    sue.refresh_from_db()
    assert (sue.is_active, sue.is_staff, sue.role) == (True, True, roles.ADMIN)


def test_support_staff_have_the_role_for_it(save):
    ann = make_user(roles.AGENCY)
    assert "Only people with the role Admin" in errors(save(ann, is_staff="on"))
    assert "is not one of the available choices" in errors(save(ann, role="root"))
    assert "is not one of the available choices" in errors(save(ann, zone="Mars/Olympus"))


def test_a_credential_keeps_its_secret_unless_a_new_one_is_given(save, sue):
    assert "needs its secret" in errors(save(Credential, name="Partner", type="processrJob"))
    assert save(Credential, name="Partner", type="processrJob", api_url="https://a.example/", new_secret="first").status_code == 302
    kept = Credential.objects.get()
    assert (encryption.unseal(kept.secret), kept.set_by_id) == ("first", sue.pk)
    assert save(kept, name="The partner").status_code == 302
    kept.refresh_from_db()
    assert (kept.name, encryption.unseal(kept.secret)) == ("The partner", "first")
    assert "needs the secret again" in errors(save(kept, api_url="https://b.example/"))
    assert save(kept, api_url="https://b.example/", new_secret="second").status_code == 302
    kept.refresh_from_db()
    assert encryption.unseal(kept.secret) == "second"
    assert latest().after == {"api_url": "https://b.example/", "new_secret": "•••"}
    assert "second" not in str(list(AuditEntry.objects.values()))


def test_a_revoked_key_gets_nobody_in_and_ends_its_tokens(support, pat, bob):
    user = make_user(roles.PUBLISHER)
    services.make_api_key(user, pat, actor=bob)
    other = services.make_api_key(user, pat, actor=bob)
    first = ApiKey.objects.earliest("id")
    issued = bearer.issue(user, source=program_logins.API_KEY, source_id=first.pk)
    ticked = {"action": "revoke", "_selected_action": [first.pk], "index": "0", "select_across": "1"}
    assert support.post(reverse("admin:campaigns_apikey_changelist"), ticked).status_code == 302
    assert [key.revoked_at is not None for key in ApiKey.objects.order_by("id")] == [True, False], "only the ticked one"
    assert support.get("/api/v2/publisher/fields/1", headers={"Authorization": f"Bearer {issued.access_token}"}).status_code == 401
    assert latest().action == "API key revoked"
    assert other


def test_a_revoked_token_is_good_for_nothing(support):
    user = make_user(roles.PUBLISHER)
    issued = bearer.issue(user, source=bearer.PASSWORD)
    ticked = {"action": "revoke", "_selected_action": [AccessToken.objects.get().pk], "index": "0"}
    for _ in range(2):
        support.post(reverse("admin:core_accesstoken_changelist"), ticked)
    assert support.get("/api/v2/publisher/fields/1", headers={"Authorization": f"Bearer {issued.access_token}"}).status_code == 401
    assert AuditEntry.objects.filter(action="access tokens revoked").count() == 1, "nothing was done the second time"


def test_jobs_are_switched_through_their_service(support, campaign, bob, sue):
    job = add_job(campaign, "test_data", actor=bob)
    gone = add_job(campaign, "test_data", actor=bob)
    Job.objects.filter(pk=gone.pk).update(removed_at=timezone.now())
    number = current_plan(campaign.pk).number
    ticked = {"action": "disable", "_selected_action": [job.pk, gone.pk], "index": "0"}
    support.post(reverse("admin:processr_job_changelist"), ticked)
    job.refresh_from_db()
    assert (job.enabled, job.updated_by_id, current_plan(campaign.pk).number) == (False, sue.pk, number + 1)
    assert (latest().action, latest().actor_id) == ("job disabled", sue.pk)


@pytest.mark.parametrize(
    "options", ['[["GB"]]', '{"GB": "United Kingdom"}', '[["GB", 1]]', '"GB"', "[1]", "nonsense", f"[{'[],' * 2000}[]]"]
)
def test_options_of_another_shape_never_reach_the_door(save, campaign, form, options):
    field = FormField.objects.get(form=form, name="company")
    assert errors(save(field, options=options))
    assert submission.load_submission_context(campaign.pk, form_id=form.pk) is not None


def test_options_and_rules_of_a_field_hold_from_the_next_lead_on(save, campaign, form):
    field = FormField.objects.get(form=form, name="company")
    assert save(field, options='[["acme", "Acme Ltd"]]', required="on").status_code == 302
    found = {found.name: found for found in submission.load_submission_context(campaign.pk, form_id=form.pk).fields}["company"]
    assert (found.options, found.required) == (("acme",), True)
    assert latest().after == {"required": True, "options": [["acme", "Acme Ltd"]]}


def test_a_forms_address_stays(save, form):
    slug = form.slug
    assert save(form, name="Another paper", slug="stolen").status_code == 302
    assert (Form.objects.get().name, Form.objects.get().slug) == ("Another paper", slug)


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("office_ips", '["nowhere"]'),
        ("office_ips", '{"a": 1}'),
        ("office_ips", "[1]"),
        ("limits", '{"all": -1}'),
        ("limits", '{"all": true}'),
        ("limits", '{"all": "many"}'),
        ("limits", '{"every": 5}'),
        ("limits", "[]x"),
        ("limits", '{"all": 1e400}'),
    ],
)
def test_an_enterprise_is_not_given_what_it_cannot_read(save, column, bad):
    house = enterprise.current()
    before = Enterprise.objects.values().get()
    assert errors(save(house, **{column: bad}))
    assert Enterprise.objects.values().get() == before


def test_limits_hold_at_once_here_and_zone_and_currency_stay(save, django_capture_on_commit_callbacks):
    house = enterprise.current()
    with django_capture_on_commit_callbacks(execute=True):
        answer = save(house, limits='{"all": 10000, "logins": null}', office_ips='["203.0.113.7", "198.51.100.0/24"]', zone="Asia/Tokyo")
    assert answer.status_code == 302
    assert enterprise.current().limits == {"all": 10000, "logins": None}
    assert Enterprise.objects.get().zone == house.zone


def test_a_currency_has_a_code_and_a_rate(save, currency):
    assert "Three letters" in errors(save(Currency, code="€", name="Euro", symbol="€", rate_to_base="0.85"))
    assert "Must be greater than 0" in errors(save(Currency, code="eur", name="Euro", symbol="€", rate_to_base="0"))
    assert save(Currency, code="eur", name="Euro", symbol="€", rate_to_base="0.85").status_code == 302
    assert Currency.objects.filter(code="EUR").exists()
    assert "base currency" in errors(save(currency, rate_to_base="2"))


def test_flag_reasons_are_added_and_their_categories_are_permanent(save, support):
    assert save(FlagReason, flag="invalid", name="Left the firm", position="7").status_code == 302
    reason = FlagReason.objects.get(name="Left the firm")
    assert save(reason, flag="valid", name="Left the company").status_code == 302
    reason.refresh_from_db()
    assert (reason.flag, reason.name) == ("invalid", "Left the company")
    assert save(FlagReasonCategory, reason=reason.pk, name="Retired").status_code == 302
    category = FlagReasonCategory.objects.get(name="Retired")
    for page in ("change", "delete"):
        assert support.post(reverse(address(category, page), args=[category.pk]), {"name": "x", "post": "yes"}).status_code == 403


def test_what_is_suppressed_is_kept_as_leads_are_compared(save, support):
    assert save(SuppressedEmail, email="  Gone@Example.COM ").status_code == 302
    assert save(SuppressedPhone, phone="+44 (0)20 1234").status_code == 302
    assert save(SuppressedName, first_name="José", last_name="NÚÑEZ").status_code == 302
    assert (SuppressedEmail.objects.get().email, SuppressedPhone.objects.get().phone) == ("gone@example.com", "+440201234")
    assert SuppressedName.objects.get().name_key == "jose nunez"
    assert "already exists" in errors(save(SuppressedEmail, email="GONE@example.com"))
    assert "already" in errors(save(SuppressedName, first_name="jose", last_name="Nunez"))
    assert "it has no digits" in errors(save(SuppressedPhone, phone="none"))
    assert "a spreadsheet has shortened" in errors(save(SuppressedPhone, phone="4.47912E+11"))
    row = SuppressedEmail.objects.get()
    support.post(reverse(address(row, "delete"), args=[row.pk]), {"post": "yes"})
    assert (SuppressedEmail.objects.count(), latest().before["email"]) == (0, "gone@example.com")


def test_a_persons_broken_table_is_taken_away(support):
    table = SavedTable.objects.create(user=make_user(roles.ADMIN), table="leads")
    support.post(reverse(address(table, "delete"), args=[table.pk]), {"post": "yes"})
    assert (SavedTable.objects.count(), latest().action) == (0, "saved table deleted")


def test_two_who_save_the_same_name_at_one_moment_read_what_happened(save, support, monkeypatch, bob):
    services.create_advertiser("Twice", actor=bob)
    monkeypatch.setattr(Advertiser, "validate_unique", lambda *_, **__: None)
    monkeypatch.setattr(Advertiser, "validate_constraints", lambda *_, **__: None)
    answer = save(Advertiser, name="Twice")
    assert answer.status_code == 302
    assert "Nothing was saved" in support.get(answer["Location"]).content.decode()
    assert Advertiser.objects.filter(name="Twice").count() == 1
