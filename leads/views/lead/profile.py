"""The profile of a lead, left of its tabs: who it is, where it came from and how it stands, as the user may see it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from babel import Locale
from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.accounts import roles
from leads import display, pictures, privacy
from leads.extension_points import HoldWait
from leads.intake.normalize import COUNTRY, FIRST_NAME, LAST_NAME
from leads.models import Lead
from leads.selectors import billable_column
from leads.shown_status import ShownStatus, shown_status
from leads.statuses import ProcessrStatus
from leads.values import countries, devices
from leads.values.field_names import IP_COUNTRY

NETWORKS: Mapping[str, tuple[str, str]] = {
    "linkedin.com": ("LinkedIn", "linkedin"),
    "x.com": ("X", "twitter-x"),
    "twitter.com": ("X", "twitter-x"),
    "facebook.com": ("Facebook", "facebook"),
    "instagram.com": ("Instagram", "instagram"),
    "github.com": ("GitHub", "github"),
    "youtube.com": ("YouTube", "youtube"),
    "xing.com": ("XING", "person-badge"),
}
"""The name and the icon of social networks, by their host."""
LINKS_AT_MOST = 6
PLACES = ("city", "county", "state", "region")
"""Fields that say where in a country a person is, from the nearest to the widest."""
PREFIX = "lead"
"""The beginning of the ids of badges: the row of the lead may stand in the same document."""


@dataclass(frozen=True, slots=True)
class SocialLink:
    label: str
    icon: str
    url: str


class LeadProfile:
    """The content of the profile, loaded lazily. The view has checked that `who` may see the lead."""

    def __init__(self, lead: Lead, who: Who) -> None:
        self.lead, self.who = lead, who
        self.unmasked = privacy.sees_values_of(who, lead)

    @cached_property
    def values(self) -> dict[str, str]:
        return privacy.values_for(self.who, self.lead)

    @cached_property
    def name(self) -> str:
        return " ".join(value for name in (FIRST_NAME, LAST_NAME) if (value := self.values.get(name, "").strip()))

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in dict.fromkeys((*words[:1], *words[-1:]))).upper()

    @property
    def picture_url(self) -> str:
        """The address of the picture, which changes with it; empty if there is none for the user."""
        at = pictures.picture_for(self.who, self.lead).values_list("fetched_at", flat=True).first()
        return f"{reverse('lead_picture', args=[self.lead.pk])}?at={at.timestamp():.0f}" if at else ""

    @property
    def social_links(self) -> list[SocialLink]:
        """The accounts that an enrichment has found: addresses of known networks, each network once."""
        if not (self.unmasked and privacy.sees_results(self.who)):
            return []
        links = {link.label: link for value in self.lead.enriched.values() for link in _links_in(value)}
        return [*links.values()][:LINKS_AT_MOST]

    @property
    def location(self) -> list[str]:
        """The place in the country and the country, as far as the values say them."""
        if not self.unmasked:
            return []
        values = {name.lower(): value.strip() for name, value in self.values.items()}
        place = ", ".join(dict.fromkeys(filter(None, (values.get(name) for name in PLACES))))
        country = values.get(COUNTRY, "")
        return [text for text in (place, _country_named(country) or country) if text]

    @property
    def ip_country(self) -> str:
        """The country of the IP address, where an enrichment has found it."""
        if not (self.unmasked and privacy.sees_results(self.who)):
            return ""
        prefixed = sorted(name for name in self.lead.enriched if name.endswith(f"{IP_COUNTRY[0].upper()}{IP_COUNTRY[1:]}"))
        named = (_country_named(privacy.text_of(self.lead.enriched.get(name))) for name in (IP_COUNTRY, *prefixed))
        return next(filter(None, named), "")

    @property
    def current(self) -> SafeString:
        return display.current_badge(self.who, self.lead, prefix=PREFIX)

    @property
    def qa(self) -> SafeString | str:
        return display.qa_badge(self.lead, key=f"{PREFIX}-qa")

    @property
    def score(self) -> SafeString | str:
        return display.score_bands(self.lead) if self.lead.qa_status else ""

    @cached_property
    def _shown_status(self) -> ShownStatus:
        return shown_status(self.lead)

    @property
    def processr(self) -> SafeString | str:
        """The status of the processing, where it is not over."""
        status = self._shown_status
        return "" if status.label == ProcessrStatus.COMPLETE.label else display.processr_badge(status)

    @property
    def hold_words(self) -> str:
        """The meaning of the hold that the lead is in; an empty text for none."""
        hold = self._shown_status.hold
        return hold.words if hold else ""

    @property
    def hold_waits(self) -> Sequence[HoldWait]:
        """The reasons for which the hold lasts, and until when, for those who see the rules of delivery of the campaign."""
        hold = self._shown_status.hold
        return hold.waits(self.lead.pk) if hold and hold.waits and self.who.role in roles.MANAGES_CAMPAIGNS else ()

    @property
    def delivery(self) -> SafeString:
        return display.delivery_badge(self.lead, prefix=PREFIX)

    @property
    def billable(self) -> list[tuple[str, SafeString]]:
        """The billable flags: both sides for roles that manage campaigns, their own side for the parties."""
        sides = {"advertiser_billable": "Billable to advertiser", "publisher_billable": "Billable to lead generator"}
        if self.who.role not in roles.MANAGES_CAMPAIGNS:
            sides = {billable_column(self.who): "Billable"}
        return [(label, display.billable_badge(getattr(self.lead, column))) for column, label in sides.items()]

    @property
    def sees_over_allocation(self) -> bool:
        return "over_allocation" not in privacy.OTHER_SIDES.get(self.who.role, frozenset())

    @property
    def lead_hash(self) -> str:
        return self.lead.lead_hash if privacy.sees_capabilities(self.who) else ""

    @property
    def device(self) -> str:
        return devices.device_of(self.lead.user_agent) if self.unmasked else ""

    @property
    def form_url(self) -> str:
        """The page of the form, for support staff, to whom the admin site is open."""
        is_support = self.who.role in roles.SUPPORT_STAFF and getattr(self.who, "is_staff", False)
        return reverse("admin:campaigns_form_change", args=[self.lead.form_id]) if is_support else ""


def _country_named(text: str) -> str:
    """Return the English name of the country that the text means; an empty text if it means none."""
    code = countries.code_of(text)
    return Locale("en").territories.get(code, "") if code else ""


def _links_in(value: object) -> Iterator[SocialLink]:
    """Yield the link that a value is, if it is the address of an account at a known network."""
    if not isinstance(value, str) or len(value) > 500:
        return
    try:
        url = urlsplit(value.strip())
        host, port = url.hostname or "", url.port
    except ValueError:
        return
    network = NETWORKS.get(host.removeprefix("www."))
    if network and url.scheme == "https" and port is None and "@" not in url.netloc and url.path.strip("/"):
        yield SocialLink(*network, url.geturl())
