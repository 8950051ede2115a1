"""AllergyIntolerance: DSTU2 names the `substance` and mixes both statuses in one."""

from typing import Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import Resource, concepts, each, first_concept, status_word
from cds_service.record import Allergy

# DSTU2's `status` → R4's clinicalStatus, verificationStatus.
_DSTU2: Final = {
    "active": ("active", ""),
    "unconfirmed": ("active", "unconfirmed"),
    "confirmed": ("active", "confirmed"),
    "inactive": ("inactive", ""),
    "resolved": ("resolved", ""),
    "refuted": ("", "refuted"),
    "entered-in-error": ("", "entered-in-error"),
}


def allergy(resource: Resource, reference: str, chart: Chart) -> Allergy:  # noqa: ARG001 - every reader is called alike
    clinical, verification = _DSTU2.get(status_word(resource, "status"), ("", ""))
    substances = (s for reaction in each(resource, "reaction") for s in concepts(reaction, "substance"))
    return Allergy(
        reference=reference,
        code=first_concept(resource, "code", "substance"),
        substances=tuple(dict.fromkeys(substances)),
        status=status_word(resource, "clinicalStatus") or clinical,
        verification=status_word(resource, "verificationStatus") or verification,
    )
