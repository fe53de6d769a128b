"""Office IP Check: leads that were entered in the operator's own offices."""

from ipaddress import ip_address, ip_network

from typing_extensions import override

from config.core import enterprise
from config.core.errors import OFFICES
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types


@job_types.register
class OfficeIP(QualityCheck):
    """The addresses and networks are those of the enterprise's settings. While none is set, the job is not run."""

    key = "office_ip"
    api_id = 1008
    label = "Office IP Check"
    description = "Fails when the lead was sent from an IP address of the operator's own offices."
    reads_ip = True

    def rule(self) -> str:
        return "The lead was not sent from an IP address of the operator's own offices"

    @override
    def prepare(self, job_input: JobInput) -> None:
        self.networks = [ip_network(text) for text in enterprise.current().office_ips]
        self.is_office_by_ip: dict[str, bool] = {}

    def check(self, lead: JobLead) -> Outcome:
        if not self.networks:
            return skipped(OFFICES.lifts("The operator has named no addresses of offices"))
        if self._is_office(lead.ip or ""):
            return failed("The lead was sent from the operator's own office", field="ip", value=lead.ip or "")
        return passed()

    def _is_office(self, ip: str) -> bool:
        is_office = self.is_office_by_ip.get(ip)
        if is_office is None:
            address = ip_address(ip)
            is_office = self.is_office_by_ip[ip] = any(address in network for network in self.networks)
        return is_office
