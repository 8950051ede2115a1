"""What DSTU2 (1.0.2) allows in the resources that the service proposes: no library knows it, so it is written here.

Per resource: element → (minimum, many?, kind). Kinds: a FHIR type, `ref:A|B` a reference to those types, `code:a|b` one
of these codes, or `{…}` a nested element. From hl7.org/fhir/DSTU2 (diagnosticorder, referralrequest, procedurerequest,
appointment).
"""

import re
from typing import Any

CODING = {"system": (0, False, "uri"), "code": (0, False, "code"), "display": (0, False, "string")}
CONCEPT = {"coding": (0, True, CODING), "text": (0, False, "string")}
PERIOD = {"start": (0, False, "dateTime"), "end": (0, False, "dateTime")}
ANNOTATION = {"time": (0, False, "dateTime"), "text": (1, False, "string")}
EVENT_STATUS = (
    "code:proposed|draft|planned|requested|received|accepted|in-progress|review|completed|cancelled|suspended|rejected"
)
PRIORITY = "code:routine|urgent|stat|asap"

RESOURCES: dict[str, dict[str, Any]] = {
    "DiagnosticOrder": {
        "subject": (1, False, "ref:Patient|Group|Location|Device"),
        "orderer": (0, False, "ref:Practitioner"),
        "encounter": (0, False, "ref:Encounter"),
        "reason": (0, True, CONCEPT),
        "supportingInformation": (0, True, "ref:Observation|Condition|DocumentReference"),
        "status": (0, False, EVENT_STATUS),
        "priority": (0, False, PRIORITY),
        "event": (0, True, {"status": (1, False, EVENT_STATUS), "dateTime": (1, False, "dateTime")}),
        "item": (
            0,
            True,
            {"code": (1, False, CONCEPT), "bodySite": (0, False, CONCEPT), "status": (0, False, EVENT_STATUS)},
        ),
        "note": (0, True, ANNOTATION),
    },
    "ReferralRequest": {
        "status": (1, False, "code:draft|requested|active|cancelled|accepted|rejected|completed"),
        "date": (0, False, "dateTime"),
        "type": (0, False, CONCEPT),
        "specialty": (0, False, CONCEPT),
        "priority": (0, False, CONCEPT),
        "patient": (0, False, "ref:Patient"),
        "requester": (0, False, "ref:Practitioner|Organization|Patient"),
        "encounter": (0, False, "ref:Encounter"),
        "dateSent": (0, False, "dateTime"),
        "reason": (0, False, CONCEPT),
        "description": (0, False, "string"),
        "serviceRequested": (0, True, CONCEPT),
        "supportingInformation": (0, True, "ref:"),
        "fulfillmentTime": (0, False, PERIOD),
    },
    "ProcedureRequest": {
        "subject": (1, False, "ref:Patient|Group"),
        "code": (1, False, CONCEPT),
        "bodySite": (0, True, CONCEPT),
        "reasonCodeableConcept": (0, False, CONCEPT),
        "reasonReference": (0, False, "ref:Condition"),
        "scheduledPeriod": (0, False, PERIOD),
        "encounter": (0, False, "ref:Encounter"),
        "status": (
            0,
            False,
            "code:proposed|draft|requested|received|accepted|in-progress|completed|suspended|rejected|aborted",
        ),
        "notes": (0, True, ANNOTATION),
        "orderedOn": (0, False, "dateTime"),
        "orderer": (0, False, "ref:Practitioner|Patient|RelatedPerson|Device"),
        "priority": (0, False, PRIORITY),
    },
    "Appointment": {
        "status": (1, False, "code:proposed|pending|booked|arrived|fulfilled|cancelled|noshow"),
        "type": (0, False, CONCEPT),
        "reason": (0, False, CONCEPT),
        "priority": (0, False, "unsignedInt"),
        "description": (0, False, "string"),
        "start": (0, False, "instant"),
        "end": (0, False, "instant"),
        "comment": (0, False, "string"),
        "participant": (
            1,
            True,
            {
                "actor": (0, False, "ref:Patient|Practitioner|RelatedPerson|Device|HealthcareService|Location"),
                "required": (0, False, "code:required|optional|information-only"),
                "status": (1, False, "code:accepted|declined|tentative|needs-action"),
            },
        ),
    },
}

_LEAVES = {
    "uri": r"\S+",
    "code": r"\S+( \S+)*",
    "string": r"(?s)\S(.*\S)?",
    "dateTime": r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?",
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
}


def assert_dstu2(resource: dict[str, Any]) -> None:
    kind = resource["resourceType"]
    assert kind in RESOURCES, f"DSTU2 has no {kind} (or it is not written down here)"
    _element({k: v for k, v in resource.items() if k not in ("resourceType", "id")}, RESOURCES[kind], kind)
    if kind == "Appointment":
        assert ("start" in resource) == ("end" in resource)
        assert "start" in resource or resource["status"] in ("proposed", "cancelled")


def _element(value: Any, elements: dict[str, Any], where: str) -> None:
    assert isinstance(value, dict) and value, f"{where} is empty or no object"
    assert not value.keys() - elements.keys(), f"{where} has no {value.keys() - elements.keys()} in DSTU2"
    for name, (minimum, many, kind) in elements.items():
        assert name in value or not minimum, f"{where}.{name} is required"
        if name in value:
            assert isinstance(value[name], list) == many, f"{where}.{name}: list or single?"
            for one in value[name] if many else [value[name]]:
                _value(one, kind, f"{where}.{name}")
            assert not many or value[name], f"{where}.{name} is empty"


def _value(value: Any, kind: Any, where: str) -> None:
    if isinstance(kind, dict):
        _element(value, kind, where)
    elif kind.startswith("ref:"):
        assert value.keys() <= {"reference", "display"}
        found = re.fullmatch(r"(?:https?://\S+/)?([A-Za-z]+)/\S+", value["reference"])
        assert found, f"{where}: {value['reference']!r} is no reference"
        allowed = kind.removeprefix("ref:")
        assert not allowed or found[1] in allowed.split("|"), f"{where} must not point at a {found[1]}"
    elif kind.startswith("code:"):
        assert value in kind.removeprefix("code:").split("|"), f"{where}: {value!r}"
    else:
        assert isinstance(value, str) and re.fullmatch(_LEAVES[kind], value), f"{where}: {value!r} is no {kind}"
