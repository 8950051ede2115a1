"""Patient, the same in all releases but for deceased[x]'s spellings."""

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import Resource, each, flag, word
from cds_service.record import Patient


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
    )
