"""The resources of one invented patient as a US-Core-like R4 server would send them; the same seed, the same chart."""

import random
from collections.abc import Callable
from itertools import count
from typing import Final

import chart_words as words
from chart_words import Coded, Resource, concept, quantity, status

SEED: Final = 20260615
SERVER: Final = "https://fhir.example.org/r4"
XHTML: Final = 'xmlns="http://www.w3.org/1999/xhtml"'
US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition"


class Chart:
    """Makes the resources of one patient, one after the other."""

    def __init__(self, patient_id: str) -> None:
        self.patient_id = patient_id
        self.subject = {"reference": f"Patient/{patient_id}", "display": "Ngozi Okafor"}
        self.random = random.Random(SEED)
        self._numbers = count(1)
        self.makers: dict[str, Callable[[], Resource]] = {
            "conditions": self.condition,
            "medicationStatements": self.medication_statement,
            "medicationRequests": self.medication_request,
            "medicationAdministrations": self.medication_administration,
            "procedures": self.procedure,
            "observations": self.observation,
            "serviceRequests": self.service_request,
            "diagnosticReports": self.diagnostic_report,
            "allergies": self.allergy,
            "appointments": self.appointment,
        }

    def day(self) -> str:
        return f"{self.random.randint(2016, 2025)}-{self.random.randint(1, 12):02}-{self.random.randint(1, 28):02}"

    def moment(self) -> str:
        return f"{self.day()}T{self.random.randint(7, 18):02}:{self.random.randint(0, 59):02}:00+00:00"

    def _start(self, kind: str, profile: str, about: Coded) -> Resource:
        """What every resource of a US Core server carries: its profile, its identifier, its narrative."""
        name = f"{kind.lower()}-{next(self._numbers):06}"
        row = f"<tr><td>{about[2]}</td><td>{about[0]}</td><td>{about[1]}</td></tr>"
        return {
            "resourceType": kind,
            "id": name,
            "meta": {"versionId": "1", "lastUpdated": self.moment(), "profile": [f"{US_CORE}/{profile}"]},
            "text": {"status": "generated", "div": f"<div {XHTML}><table>{row}</table></div>"},
            "identifier": [{"use": "official", "system": f"{SERVER}/identifier", "value": name.upper()}],
        }

    def _visit(self) -> Resource:
        return {"reference": f"Encounter/visit-{self.random.randint(1, 400)}"}

    def _doctor(self) -> Resource:
        return {"reference": f"Practitioner/{self.random.randint(1, 40)}", "display": "Dr Ana Example"}

    def patient(self) -> Resource:
        about = (words.SNOMED, "248152002", "Ngozi Okafor, female, born 1970-04-02")
        return self._start("Patient", "us-core-patient", about) | {
            "id": self.patient_id,
            "active": True,
            "name": [{"use": "official", "family": "Okafor", "given": ["Ngozi"]}],
            "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}],
            "gender": "female",
            "birthDate": "1970-04-02",
            "address": [{"use": "home", "line": ["1 Example Road"], "city": "Exampleton", "country": "US"}],
        }

    def condition(self) -> Resource:
        snomed, icd = self.random.choice(words.PROBLEMS)
        return self._start("Condition", "us-core-condition-problems-health-concerns", snomed) | {
            "clinicalStatus": status("condition-clinical", "active"),
            "verificationStatus": status("condition-ver-status", "confirmed"),
            "category": [status("condition-category", "problem-list-item")],
            "code": concept(snomed, icd),
            "subject": self.subject,
            "encounter": self._visit(),
            "onsetDateTime": self.day(),
            "recordedDate": self.moment(),
            "recorder": self._doctor(),
        }

    def _dosage(self) -> Resource:
        each = {"doseQuantity": quantity(1, "tablet", "{tbl}")}
        daily = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
        route = concept((words.SNOMED, "26643006", "Oral route"))
        return {"sequence": 1, "text": "1 tablet once a day", "timing": daily, "route": route, "doseAndRate": [each]}

    def medication_statement(self) -> Resource:
        medicine = self.random.choice(words.MEDICINES)
        return self._start("MedicationStatement", "us-core-medicationstatement", medicine) | {
            "status": "active",
            "medicationCodeableConcept": concept(medicine),
            "subject": self.subject,
            "context": self._visit(),
            "effectivePeriod": {"start": self.day()},
            "dateAsserted": self.moment(),
            "informationSource": self.subject,
            "dosage": [self._dosage()],
        }

    def medication_request(self) -> Resource:
        medicine = self.random.choice(words.MEDICINES)
        return self._start("MedicationRequest", "us-core-medicationrequest", medicine) | {
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": concept(medicine),
            "subject": self.subject,
            "encounter": self._visit(),
            "authoredOn": self.moment(),
            "requester": self._doctor(),
            "dosageInstruction": [self._dosage()],
            "dispenseRequest": {"numberOfRepeatsAllowed": 3, "quantity": quantity(90, "tablet", "{tbl}")},
        }

    def medication_administration(self) -> Resource:
        medicine = self.random.choice(words.MEDICINES)
        return self._start("MedicationAdministration", "medicationadministration", medicine) | {
            "status": "completed",
            "medicationCodeableConcept": concept(medicine),
            "subject": self.subject,
            "context": self._visit(),
            "effectiveDateTime": self.moment(),
            "performer": [{"actor": self._doctor()}],
            "dosage": {"text": "1 tablet", "dose": quantity(1, "tablet", "{tbl}")},
        }

    def procedure(self) -> Resource:
        code = self.random.choice(words.PROCEDURES)
        return self._start("Procedure", "us-core-procedure", code) | {
            "status": "completed",
            "code": concept(code),
            "subject": self.subject,
            "encounter": self._visit(),
            "performedDateTime": self.moment(),
            "performer": [{"actor": self._doctor()}],
        }

    def observation(self) -> Resource:
        """Three in four are laboratory results, the rest vital signs; all within their range."""
        lab = self.random.random() < 0.75
        code, unit, low, high = self.random.choice(words.LABORATORY if lab else words.VITAL_SIGNS)
        taken = self.moment()
        return self._start("Observation", "us-core-observation-lab" if lab else "us-core-vital-signs", code) | {
            "status": "final",
            "category": [status("observation-category", "laboratory" if lab else "vital-signs")],
            "code": concept(code),
            "subject": self.subject,
            "encounter": self._visit(),
            "effectiveDateTime": taken,
            "issued": taken,
            "performer": [self._doctor()],
            "valueQuantity": quantity(round(self.random.uniform(low, high), 1), unit),
            "interpretation": [status("v3-ObservationInterpretation", "N")],
            "referenceRange": [{"low": quantity(low, unit), "high": quantity(high, unit)}],
        }

    def service_request(self) -> Resource:
        code = self.random.choice(words.ORDERS)
        return self._start("ServiceRequest", "us-core-servicerequest", code) | {
            "status": "completed",
            "intent": "order",
            "code": concept(code),
            "subject": self.subject,
            "encounter": self._visit(),
            "authoredOn": self.moment(),
            "requester": self._doctor(),
        }

    def diagnostic_report(self) -> Resource:
        code, taken = self.random.choice(words.REPORTS), self.moment()
        return self._start("DiagnosticReport", "us-core-diagnosticreport-lab", code) | {
            "status": "final",
            "category": [status("v2-0074", "LAB")],
            "code": concept(code),
            "subject": self.subject,
            "encounter": self._visit(),
            "effectiveDateTime": taken,
            "issued": taken,
            "performer": [self._doctor()],
            "result": [{"reference": f"Observation/observation-{n:06}"} for n in range(1, 15)],
        }

    def allergy(self) -> Resource:
        code = self.random.choice(words.ALLERGENS)
        return self._start("AllergyIntolerance", "us-core-allergyintolerance", code) | {
            "clinicalStatus": status("allergyintolerance-clinical", "active"),
            "verificationStatus": status("allergyintolerance-verification", "confirmed"),
            "code": concept(code),
            "patient": self.subject,
            "recordedDate": self.moment(),
            "recorder": self._doctor(),
        }

    def appointment(self) -> Resource:
        code, start = self.random.choice(words.VISITS), self.moment()
        return self._start("Appointment", "appointment", code) | {
            "status": "fulfilled",
            "serviceType": [concept(code)],
            "start": start,
            "created": start,
            "participant": [{"actor": who, "status": "accepted"} for who in (self.subject, self._doctor())],
        }
