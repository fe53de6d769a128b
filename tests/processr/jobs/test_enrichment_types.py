"""Enrichment types that ask nobody: e-mail domain, telephone, IP address."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from config.core.errors import GEOIP_PATH
from config.embedded.paths import REPOSITORY
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.outcomes import Enriched, OutcomeKind
from processr.job_types.registry import job_types
from processr.jobs.enrichment.email_domain_facts import EmailDomainFacts
from processr.jobs.enrichment.ip_location import IPLocation
from processr.jobs.enrichment.telephone_facts import TelephoneFacts
from processr.models import Event, Job
from tests.processr import mmdb
from tests.processr.jobs.asking import LEADS, TEXT
from tests.processr.planned import job, job_input, lead

LONDON = {
    "country": {"iso_code": "GB", "names": {"en": "United Kingdom", "de": "Vereinigtes Königreich"}},
    "subdivisions": [{"iso_code": "ENG", "names": {"en": "England"}}],
    "city": {"names": {"en": "London"}},
}
BERLIN = {"country": {"iso_code": "DE", "names": {"en": "Germany"}}, "city": {"names": {"de": "Berlin"}}}
NOT_VALID = {"telephoneValid": "false"}


def said(job_type, captured, **config) -> Enriched:
    one = lead(**captured)
    return job_type(job(config=config)).enrich(one)


def is_skipped(enriched: Enriched) -> bool:
    return enriched.outcome.kind is OutcomeKind.SKIPPED and bool(enriched.outcome.reason) and not enriched.values


@pytest.mark.parametrize("job_type", [EmailDomainFacts, TelephoneFacts, IPLocation])
def test_they_are_enrichment_types_without_points_whose_rule_names_what_they_find(job_type):
    assert (job_type.category, job_type.default_score) == (Job.Category.ENRICHMENT, 0)
    assert all(name in job_type(job()).rule() for name in job_type.field_names)
    assert job_types.get(job_type.key) is job_type


@pytest.mark.parametrize(
    ("email", "domain", "free", "disposable"),
    [
        ("jo@example.com", "example.com", "false", "false"),
        (" Jo@GMAIL.com ", "gmail.com", "true", "false"),
        ("jo@mail.mailinator.com", "mail.mailinator.com", "false", "true"),
        ("jo@notgmail.com", "notgmail.com", "false", "false"),
    ],
)
def test_the_domain_of_an_address_is_found_and_whose_kind_it_is(email, domain, free, disposable):
    found = said(EmailDomainFacts, {"email": email})
    assert found.values == {"emailDomain": domain, "isFreeEmail": free, "isDisposableEmail": disposable}
    assert found.outcome.kind is OutcomeKind.PASSED


@pytest.mark.parametrize("email", ["", "jo", "jo@", "@example.com", "jo@example", "j o@example.com", "jo@" + "a" * 300 + ".com", None, 7])
def test_what_is_no_address_has_no_domain(email):
    assert is_skipped(said(EmailDomainFacts, {"email": email}))


@pytest.mark.parametrize(
    ("captured", "config", "expected"),
    [
        (
            {"telephone": "+44 7400 123456"},
            {},
            {"telephoneValid": "true", "telephoneE164": "+447400123456", "telephoneCountry": "GB", "telephoneType": "mobile"},
        ),
        (
            {"telephone": "020 7946 0958", "country": "United Kingdom"},
            {},
            {
                "telephoneE164": "+442079460958",
                "telephoneCountry": "GB",
                "telephoneType": "fixed line",
                "telephoneTimeZones": "Europe/London",
            },
        ),
        (
            {"telephone": "0030 210 1234567"},
            {},
            {"telephoneE164": "+302101234567", "telephoneCountry": "GR", "telephoneTimeZones": "Europe/Athens"},
        ),
        ({"telephone": "202-456-1111"}, {"region": "US"}, {"telephoneE164": "+12024561111", "telephoneType": "fixed line or mobile"}),
        ({"telephone": "+49 151 12345678"}, {}, {"telephoneCarrier": "T-Mobile", "telephoneCountry": "DE", "telephoneType": "mobile"}),
        ({"telephone": "+800 1234 5678"}, {}, {"telephoneE164": "+80012345678", "telephoneType": "toll free"}),
        ({"telephone": "020 7946 0958"}, {}, NOT_VALID),
        ({"telephone": "020 7946 0958"}, {"region": "GB"}, {"telephoneCountry": "GB"}),
        ({"telephone": "020 7946 0958", "country": "Mordor"}, {"region": "GB"}, NOT_VALID),
        ({"telephone": "tel:+44-20-7946-0958;ext=1", "country": "Mordor"}, {}, {"telephoneE164": "+442079460958"}),
        ({"telephone": "+44 12"}, {}, NOT_VALID),
        ({"telephone": "call me"}, {"region": "GB"}, NOT_VALID),
    ],
)
def test_a_number_tells_country_kind_carrier_time_zones_and_its_international_form(captured, config, expected):
    found = said(TelephoneFacts, captured, **config)
    assert {name: found.values.get(name) for name in expected} == expected
    assert found.outcome.kind is OutcomeKind.PASSED
    if expected is NOT_VALID:
        assert found.values == NOT_VALID


def test_a_number_of_no_country_and_without_a_known_carrier_makes_no_empty_fields():
    assert said(TelephoneFacts, {"telephone": "+800 1234 5678"}).values.keys() == {"telephoneValid", "telephoneE164", "telephoneType"}


@pytest.mark.parametrize("telephone", ["", "  ", None])
def test_without_a_number_there_is_nothing_to_find(telephone):
    assert is_skipped(said(TelephoneFacts, {"telephone": telephone}))


def test_two_jobs_of_a_kind_find_under_names_of_their_own():
    found = said(TelephoneFacts, {"work": "+44 7400 123456"}, field="work", names_begin_with="work")
    assert found.values["workTelephoneCountry"] == "GB"
    assert "workTelephoneE164" in TelephoneFacts(job(config={"names_begin_with": "work"})).rule()


def test_carriers_are_read_only_by_processes_that_look_for_one():
    """They take twenty megabytes."""
    told = subprocess.run(
        [
            sys.executable, "-c",
            "import django, sys; django.setup(); from processr.jobs.enrichment import telephone_facts; print('phonenumbers.carrier' in sys.modules)",
        ],
        cwd=REPOSITORY, env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "False"


@pytest.fixture
def places(tmp_path, settings) -> Path:
    settings.GEOIP_PATH = str(tmp_path / "places.mmdb")
    mmdb.write(tmp_path / "places.mmdb", {"203.0.113.0/24": LONDON, "198.51.100.7/32": BERLIN, "192.0.2.0/24": {"city": mmdb.Number(7)}})
    return tmp_path / "places.mmdb"


def where(ip: str) -> Enriched:
    job_type = IPLocation(job())
    one = lead()
    object.__setattr__(one, "ip", ip)
    job_type.prepare(job_input(one))
    return job_type.enrich(one)


def test_an_address_tells_country_region_and_city_as_far_as_the_file_knows(places):
    assert where("203.0.113.200").values == {
        "ipCountry": "GB", "ipCountryName": "United Kingdom", "ipRegion": "England", "ipCity": "London",
    }  # fmt: skip
    assert where("198.51.100.7").values == {"ipCountry": "DE", "ipCountryName": "Germany"}


@pytest.mark.parametrize("ip", ["198.51.100.8", "10.0.0.1", "2001:db8::1"])
def test_an_address_the_file_says_nothing_of_is_told_as_such(ip, places):
    assert is_skipped(where(ip))


def test_a_record_of_another_shape_finds_nothing(places):
    assert where("192.0.2.1").values == {}


def test_addresses_of_version_six_are_found_where_the_file_has_them(tmp_path, settings):
    settings.GEOIP_PATH = str(tmp_path / "six.mmdb")
    mmdb.write(tmp_path / "six.mmdb", {"2001:db8::/32": LONDON, "203.0.113.0/24": BERLIN}, ip_version=6)
    assert where("2001:db8::7").values["ipCity"] == "London"
    assert where("203.0.113.7").values["ipCountry"] == "DE"


def test_a_newer_file_put_in_its_place_is_read_at_once(places):
    assert where("203.0.113.7").values["ipCity"] == "London"
    newer = places.with_name("newer.mmdb")
    mmdb.write(newer, {"203.0.113.0/24": BERLIN})
    newer.replace(places)
    assert where("203.0.113.7").values["ipCountry"] == "DE"


@pytest.mark.parametrize("content", [None, b"", b"no such format", b"\x00" * 4096])
def test_without_a_file_that_can_be_read_the_job_is_not_run_and_says_why(content, tmp_path, settings):
    settings.GEOIP_PATH = str(tmp_path / "places.mmdb")
    if content is not None:
        (tmp_path / "places.mmdb").write_bytes(content)
    reason = where("203.0.113.7").outcome.reason
    assert reason == GEOIP_PATH.lifts("The file of IP addresses and places cannot be read")


def test_an_installation_without_a_file_says_so(settings):
    settings.GEOIP_PATH = ""
    assert is_skipped(where("203.0.113.7"))


@pytest.mark.django_db
def test_in_a_run_the_three_find_together_and_leads_without_an_address_of_their_own_are_left_out(places, campaign, add_job, make_leads):
    for key in ("email_domain_facts", "telephone_facts", "ip_location"):
        add_job(campaign, key)
    one, imported = make_leads(campaign, 2, telephone="+44 7400 123456")
    Lead.objects.filter(pk=imported.pk).update(imported=True)

    scheduler.serve_campaigns(seconds=5)

    enriched = Lead.objects.get(pk=one.pk).enriched
    assert (enriched["emailDomain"], enriched["telephoneCountry"], enriched["ipCity"]) == ("example.com", "GB", "London")
    assert "ipCity" not in Lead.objects.get(pk=imported.pk).enriched
    assert Event.objects.get(lead_id=imported.pk).steps[2]["reason"] == "Imported leads have no IP address of their own"


@given(captured=LEADS, odd=TEXT)
def test_whatever_a_lead_holds_text_is_found_or_nothing(captured, odd):
    for job_type in (EmailDomainFacts, TelephoneFacts):
        for values in (captured, {"email": odd, "telephone": odd}, {"email": f"jo@{odd}", "telephone": f"+44{odd}", "country": odd}):
            found = said(job_type, values)
            assert all(isinstance(value, str) and value.isprintable() for value in found.values.values())
