"""The exception by which a service refuses a request, and the settings that lift refusals."""

from collections.abc import Mapping
from dataclasses import dataclass


class DomainError(Exception):
    """A refusal with a message for the user. `field` names the input it is about, `status` and `headers` are for the HTTP response."""

    def __init__(self, message: str, *, field: str | None = None, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.status, self.headers = message, field, status, dict(headers or {})


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that lifts refusals, and who can change it."""

    name: str
    changed_by: str

    def lifts(self, refusal: str) -> str:
        """Return the text of a refusal with the setting that lifts it. A test finds refusals that do not name theirs."""
        end = "." if refusal.endswith(".") else ""
        return f"{refusal.removesuffix('.')} ({self.changed_by} can change that: {self.name}){end}"


ADMIN, OPERATOR = "Admin", "whoever runs the server"
ROLE = Setting("the role of the user, on the support pages", ADMIN)
PROCESSR_ACCESS = Setting("“Can use processr” of the user, on the support pages", ADMIN)
PROVIDER_LOGS = Setting("“Can see provider logs” of a Super User, on the support pages", ADMIN)
DELETE_ACTIONS = Setting("“Can delete leads” of the user, on the support pages", ADMIN)
ACTIVE_USER = Setting("“Active” of the user, on the support pages", ADMIN)
RATE_LIMITS = Setting("“Limits” of the enterprise, on the support pages", ADMIN)
OFFICES = Setting("“Office ips” of the enterprise, on the support pages", ADMIN)
CHECKED_VALUES = Setting("“Checked values per day” of the campaign, on the support pages", ADMIN)
WEBHOOK_VERDICTS = Setting("“Accept webhook verdicts” of the campaign, on the support pages", ADMIN)
LEAD_APPENDS = Setting("“Accept lead appends” of the campaign, on the support pages", ADMIN)
TEMPLATE_STATE = Setting("“State” of the job on the template", "Admin or Super User")
TRANSFORMS_SWITCH = Setting("the switch on the campaign's page of value transforms", "whoever manages the campaign")
CREDENTIAL_LIMIT = Setting("the address that the credential is limited to, in the Credential Manager", ADMIN)
OUTBOUND_ALLOW = Setting("SLUICE_OUTBOUND_ALLOW", OPERATOR)
HOSTS = Setting("SLUICE_HOSTS", OPERATOR)
BATCH_FOLDERS = Setting("SLUICE_BATCH_FOLDERS", OPERATOR)
BATCH_MAIL_MB = Setting("SLUICE_BATCH_MAIL_MB", OPERATOR)
GEOIP_PATH = Setting("SLUICE_GEOIP_PATH", OPERATOR)
