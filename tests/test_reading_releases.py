"""The same patients in every release are read to the same record, but for what a release cannot say."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import look
from cds_service.fhir.record_reading import FOREIGN, read_record
from cds_service.fhir.scan import scan
from cds_service.record import PatientRecord
from fhir_fixtures.people import FOLDER, Person, everybody

PEOPLE = {person.name: person for person in everybody()}
RELEASES = ("dstu2", "stu3", "r4", "r4b", "r5")

# (part of the record, field) → the releases that have no word for it, or another one, or another type's name.
UNSAYABLE = {
    ("appointments", "created"): {"dstu2"},
    ("appointments", "requested"): {"dstu2"},
    ("conditions", "categories"): {"dstu2"},
    ("conditions", "status"): {"dstu2"},  # recurrence is called relapse
    ("conditions", "verification"): {"dstu2", "stu3"},  # unconfirmed is called provisional
    ("medications", "reason_references"): {"dstu2"},
    ("medications", "reasons"): {"dstu2"},
    ("medications", "reference"): {"dstu2"},
    ("medications", "status"): {"dstu2", "r5"},  # R5 tells only whether it was recorded
    ("medications", "status_reasons"): {"dstu2", "stu3"},
    ("orders", "intent"): {"dstu2"},
    ("orders", "reason_references"): {"dstu2"},
    ("orders", "reasons"): {"dstu2"},
    ("orders", "reference"): {"dstu2", "stu3"},
    ("procedures", "performed_words"): {"dstu2", "stu3"},
    ("reports", "based_on"): {"dstu2", "stu3"},
}


def read_file(file: Path, name: str) -> PatientRecord:
    values = json.loads(file.read_text(encoding="utf-8"))
    looked = {key: look(msgspec.json.encode(value), NEEDS[key]) for key, value in values.items()}
    assert not scan(looked).unsure
    return read_record(looked, name, ZoneInfo("UTC"))


def without(part: str, entry: Any, release: str) -> dict[str, Any]:
    fields: dict[str, Any] = entry._asdict()
    return {name: value for name, value in fields.items() if release not in UNSAYABLE.get((part, name), ())}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", PEOPLE)
def test_one_record_whatever_the_release(name: str, release: str) -> None:
    person: Person = PEOPLE[name]
    found = read_file(FOLDER / f"{name}.{release}.json", name)
    assert found.patient == person.record.patient
    for part in (
        "conditions",
        "medications",
        "procedures",
        "observations",
        "orders",
        "reports",
        "appointments",
        "allergies",
    ):
        expected = [without(part, entry, release) for entry in getattr(person.record, part)]
        assert [without(part, entry, release) for entry in getattr(found, part)] == expected
    assert found.not_assessed == ()
    assert [unread.reason for unread in found.unread] == [FOREIGN] * len(person.strangers)
