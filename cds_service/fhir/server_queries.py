"""The queries that a need becomes on a real server: the same as its prefetch template, in the words of its release."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple
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
_LARGE: Final = "_count=1000"
_LARGEST_AT_ORACLE: Final = "_count=100"
_LOINC: Final = quote("http://loinc.org", safe="")
# Far enough back for the visit at which the last injection was given.
_ABOUT_A_YEAR: Final = timedelta(days=366)


class Asker(NamedTuple):
    """About whom is asked; and what some servers' habits make a difference to: the client's profile, and the day."""

    patient_id: str
    profile: str
    today: date


def queries(need: Need, release: Release, offered: Collection[str], asker: Asker) -> tuple[str, ...]:
    """Relative addresses. `offered` are the types that the server has, empty where it doesn't say."""
    template = need.template.replace("{{context.patientId}}", quote(asker.patient_id, safe=""))
    kind, mark, search = template.partition("?")
    if not mark:
        return (template,)
    if release == "DSTU2":
        search = search.replace(_NEWEST_FIRST, _NEWEST_FIRST_IN_DSTU2)
    kinds = _offered(_OLDER.get((release, kind), (kind,)), offered)
    if asker.profile == "oracle":
        return tuple(f"{each}?{_as_oracle_wants(each, search, asker.today)}" for each in kinds)
    return tuple(f"{each}?{search}" for each in kinds)


def _offered(kinds: tuple[str, ...], offered: Collection[str]) -> tuple[str, ...]:
    """Those that the server has, or all where it seems to have none: statements are not always right.

    Epic's and Oracle's R4 servers have no MedicationStatement: what patients report are MedicationRequests there.
    """
    if "MedicationStatement" in kinds and "MedicationStatement" not in offered and "MedicationRequest" in offered:
        return ("MedicationRequest",)
    return tuple(kind for kind in kinds if kind in offered) or kinds


def _as_oracle_wants(kind: str, search: str, today: date) -> str:
    """Millennium knows no sorting and pages of 100 at most, wants codes with their system, and refuses a search for
    appointments without a moment to begin with (fhir.cerner.com, R4).
    """
    parts = [part for part in search.split("&") if not part.startswith("_sort")]
    parts = [part.replace(_LARGE, _LARGEST_AT_ORACLE) for part in parts]
    if kind == "Observation":
        parts = [_with_system(part) for part in parts]
    if kind == "Appointment":
        parts.insert(1, f"date=ge{today - _ABOUT_A_YEAR}T00:00:00Z")
    return "&".join(parts)


def _with_system(part: str) -> str:
    name, _, codes = part.partition("=")
    return part if name != "code" else "code=" + ",".join(f"{_LOINC}%7C{code}" for code in codes.split(","))
