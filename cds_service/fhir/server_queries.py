"""The queries that a need becomes on a real server: the same as its prefetch template, in the words of its release."""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import quote

from cds_service.fhir.needs import Need
from cds_service.fhir.release import Release

# The types that older releases keep the same things in.
_OLDER: Final[Mapping[tuple[Release, str], tuple[str, ...]]] = {
    ("DSTU2", "MedicationRequest"): ("MedicationOrder",),
    ("DSTU2", "ServiceRequest"): ("DiagnosticOrder", "ProcedureRequest", "ReferralRequest"),
    ("STU3", "ServiceRequest"): ("ProcedureRequest", "ReferralRequest"),
}
_NEWEST_FIRST: Final = "_sort=-date"
_NEWEST_FIRST_IN_DSTU2: Final = "_sort:desc=date"


def queries(need: Need, release: Release, offered: Collection[str], patient_id: str) -> tuple[str, ...]:
    """Relative addresses. `offered` are the types that the server has, empty where it doesn't say."""
    template = need.template.replace("{{context.patientId}}", quote(patient_id, safe=""))
    kind, mark, search = template.partition("?")
    if not mark:
        return (template,)
    if release == "DSTU2":
        search = search.replace(_NEWEST_FIRST, _NEWEST_FIRST_IN_DSTU2)
    kinds = _OLDER.get((release, kind), (kind,))
    return tuple(f"{_offered(each, offered)}?{search}" for each in kinds)


def _offered(kind: str, offered: Collection[str]) -> str:
    """Epic's and Oracle's R4 servers have no MedicationStatement: what patients report are MedicationRequests there."""
    if kind == "MedicationStatement" and kind not in offered and "MedicationRequest" in offered:
        return "MedicationRequest"
    return kind
