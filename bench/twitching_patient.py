"""What the chart of the patient with three cards holds besides the ordinary."""

from chart_words import ATC, CPT, ICD10CM, RXNORM, Resource, concept, quantity, status


def twitching_patient(subject: Resource) -> dict[str, list[Resource]]:
    """Prefetch key → what makes all three cards fire on 2026-06-15: the content of the sandbox's patient hfs-right-1.

    Right hemifacial spasm since 2025-11-03 without imaging; botulinum toxin on 2026-02-20 (115 days ago: due);
    caffeine 3 × 200 mg a day; lithium started 49 days before the onset.
    """
    spasm = concept((ICD10CM, "G51.31", "Clonic hemifacial spasm, right"), text="Right hemifacial spasm")
    each_tablet = {"doseQuantity": quantity(1, "tablet", "{tbl}")}
    thrice = {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}
    caffeine = concept((RXNORM, "198520", "caffeine 200 MG Oral Tablet"))
    lithium = concept((ATC, "N05AN01", "lithium"), text="Lithium carbonate 300 mg")
    botulinum = concept((ATC, "M03AX01", "botulinum toxin"), text="Botox 100 units, onabotulinumtoxinA")
    injection = concept((CPT, "64612", "Chemodenervation"), text="Botulinum toxin injection, right face")
    return {
        "conditions": [
            {
                "resourceType": "Condition",
                "id": "c-hfs",
                "clinicalStatus": status("condition-clinical", "active"),
                "verificationStatus": status("condition-ver-status", "confirmed"),
                "category": [status("condition-category", "problem-list-item")],
                "code": spasm,
                "subject": subject,
                "onsetDateTime": "2025-11-03",
            }
        ],
        "medicationStatements": [
            {
                "resourceType": "MedicationStatement",
                "id": "ms-botox",
                "status": "completed",
                "medicationCodeableConcept": botulinum,
                "subject": subject,
                "effectiveDateTime": "2026-02-20",
                "reasonReference": [{"reference": "Condition/c-hfs"}],
            },
            {
                "resourceType": "MedicationStatement",
                "id": "ms-caffeine",
                "status": "active",
                "medicationCodeableConcept": caffeine,
                "subject": subject,
                "effectivePeriod": {"start": "2025-06-01"},
                "dosage": [{"text": "1 tablet three times a day", "timing": thrice, "doseAndRate": [each_tablet]}],
            },
            {
                "resourceType": "MedicationStatement",
                "id": "ms-lithium",
                "status": "active",
                "medicationCodeableConcept": lithium,
                "subject": subject,
                "effectivePeriod": {"start": "2025-09-15"},
            },
        ],
        "procedures": [
            {
                "resourceType": "Procedure",
                "id": "pr-64612",
                "status": "completed",
                "code": injection,
                "subject": subject,
                "performedDateTime": "2026-02-20",
            }
        ],
    }
