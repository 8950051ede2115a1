"""The things that an answer needs to see: one prefetch key each, with its query and what may come back for it.

Queries stay inside the recommended subset (conformance PFQ-1…8) with plain tokens only (PFT-4), one value per
parameter name, because the sandbox merges repeated parameters into one (SBX-4). They are written for R4 and work on
every release that has the type.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

# Pages as large as servers commonly allow: "nothing there" may only be said of a whole list (PFH-7).
_PAGE: Final = "_count=1000"
_PATIENT: Final = "patient={{context.patientId}}"

# What the rules read from observations (clinical_rules.md 1.2, 3.2, 5–9 and section 11, item 26), by LOINC code.
OBSERVATION_CODES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "caffeine intake": ("80489-8", "80490-6"),
        "kidney function": ("2160-0", "98979-8", "62238-1", "33914-3", "48642-3"),
        "calcium and albumin": ("17861-6", "1994-3", "1995-0", "1751-7"),
        "magnesium": ("19123-9", "2601-3"),
        "potassium": ("2823-3",),
        "sodium": ("2951-2",),
        "thyroid": ("3016-3", "11580-8", "3024-7"),
        "vitamin D": ("62292-8", "1989-3"),
        "parathyroid hormone": ("2731-8",),
        "pregnancy status": ("82810-3",),
        "body weight": ("29463-7",),
        "HLA-B*15:02": ("57979-7",),
    }
)


class Need(NamedTuple):
    """`types` are the resource types that carry this need, in all releases; other types in the same answer only
    resolve references.
    """

    key: str
    template: str
    types: frozenset[str]
    required: bool = False


def _search(
    key: str, types: Iterable[str], required: bool = False, narrowed: str = "", newest_first: bool = False
) -> Need:
    """The query asks for the first of the types; the others are what older or newer servers send in its place."""
    kinds = tuple(types)
    parts = (_PATIENT, narrowed, "_sort=-date" if newest_first else "", _PAGE)
    return Need(key, f"{kinds[0]}?{'&'.join(p for p in parts if p)}", frozenset(kinds), required)


_LOINC_TOKENS: Final = "code=" + ",".join(code for codes in OBSERVATION_CODES.values() for code in codes)
_ALL: Final = (
    Need("patient", "Patient/{{context.patientId}}", frozenset({"Patient"}), required=True),
    _search("conditions", ["Condition"], required=True),
    # Epic's and Oracle's R4 servers keep what patients report as MedicationRequest.
    _search("medicationStatements", ["MedicationStatement", "MedicationRequest"], required=True),
    _search("medicationRequests", ["MedicationRequest", "MedicationOrder"]),
    _search("medicationAdministrations", ["MedicationAdministration", "MedicationDispense"]),
    _search("procedures", ["Procedure"], newest_first=True),
    _search("observations", ["Observation"], narrowed=_LOINC_TOKENS, newest_first=True),
    _search(
        "serviceRequests",
        ["ServiceRequest", "ProcedureRequest", "DiagnosticOrder", "DiagnosticRequest", "ReferralRequest", "Task"],
    ),
    _search("diagnosticReports", ["DiagnosticReport", "ImagingStudy"], newest_first=True),
    _search("allergies", ["AllergyIntolerance"]),
    _search("appointments", ["Appointment"]),
)

NEEDS: Final[Mapping[str, Need]] = MappingProxyType({need.key: need for need in _ALL})
REQUIRED: Final = tuple(need for need in _ALL if need.required)


# What the hook's context brings and no server has yet: orders being signed, visits being booked. Not a prefetch key.
DRAFTS: Final = Need(
    "drafts",
    "",
    frozenset(
        {
            "MedicationRequest",
            "MedicationOrder",
            "ServiceRequest",
            "ProcedureRequest",
            "DiagnosticOrder",
            "DiagnosticRequest",
            "ReferralRequest",
            "Appointment",
        }
    ),
)


def templates(full: bool) -> dict[str, str]:
    """Prefetch key → template, in the contract's order: all of them, or only the required three."""
    return {need.key: need.template for need in NEEDS.values() if full or need.required}
