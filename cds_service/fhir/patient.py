"""Patient, the same in all releases but for deceased[x]'s and the race extension's spellings."""

from typing import Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import Resource, concept, each, flag, read_coding, word
from cds_service.record import Concept, Patient

# US Core (STU3 and later), its forerunner in DSTU2, and Argonaut's DSTU2.
_RACE: Final = frozenset(
    {
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "http://hl7.org/fhir/StructureDefinition/us-core-race",
        "http://fhir.org/guides/argonaut/StructureDefinition/argo-race",
    }
)


def patient(resource: Resource, reference: str, chart: Chart) -> Patient:
    """A date of death that cannot be read still says that the patient has died."""
    died = chart.date(resource, "deceasedDateTime")
    return Patient(
        id=word(resource, "id") or reference.rpartition("/")[2],
        born=chart.date(resource, "birthDate"),
        sex=word(resource, "gender").casefold(),
        active=not any(value is False or value == "false" for value in each(resource, "active")),
        deceased=flag(resource, "deceasedBoolean") or (died is None and bool(word(resource, "deceasedDateTime"))),
        deceased_on=died,
        race=_race(resource),
    )


def _race(resource: Resource) -> Concept:
    """All codes of the race extension and its text: nested since Argonaut, one CodeableConcept (or string) before."""
    given = [extension for extension in each(resource, "extension") if word(extension, "url") in _RACE]
    parts = [part for extension in given for part in (extension, *each(extension, "extension"))]
    said = [concept(value) for part in parts for value in each(part, "valueCodeableConcept", "valueString")]
    codes = [coding for part in parts for value in each(part, "valueCoding") if (coding := read_coding(value))]
    codes += [coding for one in said for coding in one.codings]
    return Concept(tuple(dict.fromkeys(codes)), next((one.text for one in said if one.text), ""))
