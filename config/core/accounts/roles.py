"""The roles a user can have, and the groups of roles that permissions are defined by."""

ADMIN = "admin"
ADMIN_MASKED = "admin_masked"
SUPER = "super"
AGENCY = "agency"
AGENCY_CALL_CENTRE = "agency_call_centre"
ADVERTISER = "advertiser"
ADVERTISER_REPORT = "advertiser_report"
PUBLISHER = "publisher"
REPORT = "report"

LABELS = {
    ADMIN: "Admin",
    ADMIN_MASKED: "Admin Masked",
    SUPER: "Super User",
    AGENCY: "Agency",
    AGENCY_CALL_CENTRE: "Agency Call Centre",
    ADVERTISER: "Advertiser",
    ADVERTISER_REPORT: "Advertiser Report User",
    PUBLISHER: "Publisher",
    REPORT: "Report User",
}
ALL = frozenset(LABELS)
SEES_EVERYTHING = frozenset({ADMIN, ADMIN_MASKED, SUPER})
AGENCY_SIDE = frozenset({AGENCY, AGENCY_CALL_CENTRE})
ADVERTISER_SIDE = frozenset({ADVERTISER, ADVERTISER_REPORT})
MANAGES_CAMPAIGNS = frozenset({ADMIN, ADMIN_MASKED, SUPER, AGENCY})
FLAGS_LEADS = MANAGES_CAMPAIGNS | {AGENCY_CALL_CENTRE}
"""Roles that mark leads as Valid and Invalid, the call centre from the list of a campaign (decision 20)."""
DELETES_WITH_A_RIGHT = frozenset({SUPER, AGENCY})
"""Roles whose users delete leads if they have the right of their own; the admins always may (decision 41)."""
SEES_LEADS = ALL - {REPORT}
SUPPORT_STAFF = frozenset({ADMIN})
HOLDS_CAPABILITIES = frozenset({ADMIN, SUPER, AGENCY})
"""Roles that may see lead hashes and delivery event ids: anyone who knows one can change the lead."""
