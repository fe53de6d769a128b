"""The hooks of job types: when each is called, and that a refusal changes nothing."""

import pytest
from django import forms

from config.core.errors import DomainError
from config.core.models import AuditEntry
from processr import services
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.models import Job
from processr.plans import planned
from processr.services import SettingRefused
from tests.screens.conftest import member, reader  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

COUNTS = {"job-label": "Own", "job-stage": "10", "job-score": "25", "job-on_error": "error", "job-visible": "on"}


class OwnSettings(JobSettings):
    field = FieldNameField(initial="company")


@pytest.fixture
def own(job_type):
    """A type that notes the changes it is asked about, and refuses the label Bad and the field bad."""

    def check_change(cls, job, *, before):
        cls.changes.append((job.label, job.config["field"], job.enabled, dict(before)))
        if job.label == "Bad":
            raise DomainError("Not this label", field="label")
        if job.config["field"] == "bad":
            raise DomainError("Not this field", field="field")

    job_type("own", Settings=OwnSettings, changes=[], check_change=classmethod(check_change))
    return job_types.get("own")


class TestCheckChange:
    def test_it_is_asked_about_a_new_job_and_about_what_changes_of_it(self, own, campaign, add_job, bob):
        job = add_job(campaign, "own", label="One")
        services.update_job(job.pk, actor=bob, changes={"label": "Two", "score": job.score, "config": {"field": "country"}})
        services.update_job(job.pk, actor=bob, changes={"label": "Two"})
        services.disable_job(job.pk, actor=bob)
        services.disable_job(job.pk, actor=bob)
        assert own.changes == [
            ("One", "company", True, {}),
            ("Two", "country", True, {"label": "One", "config": {"field": "company"}}),
            ("Two", "country", False, {"enabled": True}),
        ]

    def test_it_is_asked_about_settings_that_are_copied(self, own, campaign, add_job, bob):
        source, target = add_job(campaign, "own", config={"field": "country"}), add_job(campaign, "own")
        services.copy_settings(target.pk, source_id=source.pk, actor=bob)
        assert own.changes[-1][1:] == ("country", True, {"config": {"field": "company"}})

    @pytest.mark.parametrize("change", [{"label": "Bad"}, {"config": {"field": "bad"}}])
    def test_what_it_refuses_is_not_saved(self, change, own, campaign, add_job, bob):
        with pytest.raises(DomainError):
            add_job(campaign, "own", **change)
        assert not Job.objects.exists()
        job = add_job(campaign, "own")
        entries = AuditEntry.objects.count()
        with pytest.raises(DomainError):
            services.update_job(job.pk, actor=bob, changes=change)
        assert Job.objects.values("label", "config").get() == {"label": "Own", "config": {"field": "company"}}
        assert AuditEntry.objects.count() == entries

    @pytest.mark.parametrize(
        ("typed", "message"), [({"job-label": "Bad", "field": "x"}, "Not this label"), ({"field": "bad"}, "Not this field")]
    )
    def test_its_refusal_stands_on_the_page_beside_what_it_is_about(self, typed, message, own, campaign, reader):  # noqa: F811
        page = reader().post(f"/v2/campaigns/{campaign.pk}/processr/add/own", **{**COUNTS, **typed})
        assert message in page.words
        assert not Job.objects.exists()

    def test_enrichment_jobs_cannot_run_after_enrichment(self, job_type, campaign, add_job):
        job_type("finder", category="enrichment")
        with pytest.raises(DomainError) as refused:
            add_job(campaign, "finder", after_enrichment=True)
        assert refused.value.field == "after_enrichment"


class TestCheckRemove:
    @pytest.fixture
    def kept(self, job_type, campaign, add_job):
        def check_remove(cls, job):
            raise DomainError("It is still needed")

        def removed(cls, job, *, actor):
            raise AssertionError("it was not removed")

        return add_job(campaign, job_type("kept", check_remove=classmethod(check_remove), removed=classmethod(removed)))

    def test_what_it_refuses_stays(self, kept, bob):
        with pytest.raises(DomainError, match="It is still needed"):
            services.remove_job(kept.pk, actor=bob)
        assert Job.objects.get().removed_at is None

    def test_its_refusal_is_shown_instead_of_the_page_that_asks(self, kept, campaign, reader):  # noqa: F811
        answer = reader().client.get(f"/v2/campaigns/{campaign.pk}/processr/jobs/{kept.pk}/remove", follow=True)
        assert f"{kept.label}: It is still needed" in answer.content.decode()

    def test_removed_is_called_in_the_transaction_of_the_removal(self, job_type, campaign, add_job, bob):
        def removed(cls, job, *, actor):
            raise DomainError(f"{actor.name} cannot remove {job.removed_at:%Y}")

        job = add_job(campaign, job_type("breaks", removed=classmethod(removed)))
        with pytest.raises(DomainError, match="cannot remove 2"):
            services.remove_job(job.pk, actor=bob)
        assert Job.objects.get().removed_at is None


class TestExtraSettings:
    @pytest.fixture
    def dependent(self, job_type):
        """A type with a setting that each campaign has, and a declared one with choices of the campaign."""

        class DependentSettings(JobSettings):
            level = forms.ChoiceField(choices=[], required=False, initial="")
            note = forms.CharField(required=False, initial="")

        def extra_settings(cls, campaign):
            choices = [("", "None"), (f"{campaign.pk}", f"Level of {campaign.pk}")]
            return {
                "level": forms.ChoiceField(choices=choices, required=False, initial=""),
                "reference": forms.CharField(label=f"Reference on {campaign.pk}", initial="none"),
            }

        job_type("dependent", Settings=DependentSettings, extra_settings=classmethod(extra_settings))
        return job_types.get("dependent")

    def test_they_are_saved_with_the_others_and_have_initial_values(self, dependent, campaign, add_job, bob):
        job = add_job(campaign, "dependent", config={"level": str(campaign.pk)})
        assert job.config == {"level": str(campaign.pk), "note": "", "reference": "none"}
        changed = services.update_job(job.pk, actor=bob, changes={"config": {"reference": "7"}})
        assert changed.config == {"level": str(campaign.pk), "note": "", "reference": "7"}

    def test_what_another_campaign_has_is_refused(self, dependent, campaign, make_campaign, add_job):
        other = make_campaign()
        with pytest.raises(SettingRefused) as refused:
            add_job(campaign, "dependent", config={"level": str(other.pk)})
        assert refused.value.field == "level"

    def test_they_are_copied_where_the_other_campaign_has_them(self, dependent, campaign, make_campaign, add_job, bob):
        source, target = add_job(campaign, "dependent", config={"reference": "7"}), add_job(make_campaign(), "dependent")
        assert services.copy_settings(target.pk, source_id=source.pk, actor=bob).config["reference"] == "7"

    def test_they_are_on_the_page_and_kept_when_it_is_shown_again(self, dependent, campaign, reader):  # noqa: F811
        address = f"/v2/campaigns/{campaign.pk}/processr/add/dependent"
        admin = reader()
        page = admin.get(address)
        assert f"Reference on {campaign.pk}" in page.words
        assert f"Level of {campaign.pk}" in page.words
        admin.post(address, **{**COUNTS, "reference": "typed", "level": str(campaign.pk)})
        assert Job.objects.get().config == {"level": str(campaign.pk), "note": "", "reference": "typed"}

    def test_a_setting_that_a_job_does_not_have_is_none(self, dependent, campaign, add_job):
        job = add_job(campaign, "dependent")
        job.config = {}
        assert [dependent(planned(job)).setting(name) for name in ("note", "reference")] == ["", None]


class TestCleanedOnce:
    @pytest.fixture
    def cleanings(self, monkeypatch):
        """The settings forms that were cleaned, in order."""
        cleaned = []
        real = JobSettings.full_clean

        def full_clean(self):
            if self.is_bound:
                cleaned.append(self)
            real(self)

        monkeypatch.setattr(JobSettings, "full_clean", full_clean)
        return cleaned

    def test_a_page_that_saves_cleans_the_settings_once(self, own, campaign, reader, cleanings):  # noqa: F811
        admin = reader()
        admin.post(f"/v2/campaigns/{campaign.pk}/processr/add/own", **{**COUNTS, "field": "country"})
        job = Job.objects.get()
        assert (job.config, len(cleanings)) == ({"field": "country"}, 1)
        seen = {"job-seen": job.updated_at.isoformat()}
        admin.post(f"/v2/campaigns/{campaign.pk}/processr/jobs/{job.pk}", **{**COUNTS, **seen, "field": "company"})
        assert (Job.objects.get().config, len(cleanings)) == ({"field": "company"}, 2)

    def test_a_program_that_saves_cleans_them_once(self, own, campaign, add_job, bob, cleanings):
        job = add_job(campaign, "own", config={"field": "country"})
        assert len(cleanings) == 1
        services.update_job(job.pk, actor=bob, changes={"config": {"field": "company"}})
        assert len(cleanings) == 2

    def test_the_form_of_another_type_or_campaign_is_not_taken(self, own, dependent_form, campaign, bob, add_job):
        for form in dependent_form:
            with pytest.raises(TypeError):
                add_job(campaign, "own", config=form)
        assert not Job.objects.exists()

    @pytest.fixture
    def dependent_form(self, own, campaign, make_campaign):
        return [
            job_types.get("test_data").settings_form({}, campaign=campaign),
            own.settings_form({"field": "company"}, campaign=make_campaign()),
        ]
