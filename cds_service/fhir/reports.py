"""DiagnosticReport and ImagingStudy: what was done and what was found."""

from itertools import chain
from typing import Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import Resource, concept, concepts, each, first_concept, status_word, word
from cds_service.record import Concept, Report

_BASED_ON: Final = ("basedOn", "request", "order")


def report(resource: Resource, reference: str, chart: Chart) -> Report:
    """Without an effective time the issued one stands in."""
    return Report(
        reference=reference,
        kind="report",
        code=first_concept(resource, "code"),
        status=status_word(resource, "status"),
        performed=chart.moment(resource, "effectiveDateTime", "effectivePeriod", "issued"),
        based_on=chart.names(resource, *_BASED_ON),
        conclusion=word(resource, "conclusion"),
        conclusion_codes=concepts(resource, "conclusionCode", "codedDiagnosis"),
    )


def imaging_study(resource: Resource, reference: str, chart: Chart) -> Report:
    """The code gathers procedure, modality (of the study or of its series) and the description."""
    said = [*concepts(resource, "procedureCode", "procedure"), *(c for m in _modalities(resource) if (c := concept(m)))]
    codings = tuple(dict.fromkeys(chain.from_iterable(c.codings for c in said)))
    text = word(resource, "description") or next((c.text for c in said if c.text), "")
    return Report(
        reference=reference,
        kind="imaging-study",
        code=Concept(codings, text),
        status=_study_status(resource),
        performed=chart.date(resource, "started"),
        based_on=chart.names(resource, *_BASED_ON),
        conclusion_codes=(),
    )


def _modalities(resource: Resource) -> list[object]:
    own = list(each(resource, "modality", "modalityList"))
    return own or [m for series in each(resource, "series") for m in each(series, "modality")]


def _study_status(resource: Resource) -> str:
    """DSTU2 and STU3 tell only whether the images can be had (`availability`)."""
    availability = status_word(resource, "availability")
    if availability and availability != "unavailable":
        availability = "available"
    return status_word(resource, "status") or {"unavailable": "unknown"}.get(availability, availability)
