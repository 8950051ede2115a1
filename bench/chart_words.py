"""The words of an invented chart: what the resources in `chart.py` are about.

Everyday primary care of somebody without a facial complaint. Nothing here is in a value set of the service but the
laboratory codes, and their values are normal: the ordinary chart gives no card, and the chart of `twitching_patient.py`
its three, whatever surrounds them.
Every tuple is (system, code, display).
"""

from typing import Any, Final

SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC: Final = "http://www.whocc.no/atc"
ICD10CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
CPT: Final = "http://www.ama-assn.org/go/cpt"
UCUM: Final = "http://unitsofmeasure.org"

Coded = tuple[str, str, str]

PROBLEMS: Final[tuple[tuple[Coded, Coded], ...]] = (
    ((SNOMED, "38341003", "Hypertensive disorder"), (ICD10CM, "I10", "Essential (primary) hypertension")),
    (
        (SNOMED, "44054006", "Type 2 diabetes mellitus"),
        (ICD10CM, "E11.9", "Type 2 diabetes mellitus without complications"),
    ),
    ((SNOMED, "55822004", "Hyperlipidemia"), (ICD10CM, "E78.5", "Hyperlipidemia, unspecified")),
    ((SNOMED, "195967001", "Asthma"), (ICD10CM, "J45.909", "Unspecified asthma, uncomplicated")),
    ((SNOMED, "396275006", "Osteoarthritis"), (ICD10CM, "M19.90", "Unspecified osteoarthritis, unspecified site")),
    (
        (SNOMED, "235595009", "Gastroesophageal reflux disease"),
        (ICD10CM, "K21.9", "Gastro-esophageal reflux disease without esophagitis"),
    ),
    ((SNOMED, "61582004", "Allergic rhinitis"), (ICD10CM, "J30.9", "Allergic rhinitis, unspecified")),
    ((SNOMED, "279039007", "Low back pain"), (ICD10CM, "M54.50", "Low back pain, unspecified")),
)
MEDICINES: Final[tuple[Coded, ...]] = (
    (RXNORM, "314076", "lisinopril 10 MG Oral Tablet"),
    (RXNORM, "860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    (RXNORM, "197361", "amlodipine 5 MG Oral Tablet"),
    (RXNORM, "979492", "losartan potassium 50 MG Oral Tablet"),
    (RXNORM, "243670", "aspirin 81 MG Oral Tablet"),
    (RXNORM, "1014676", "cetirizine hydrochloride 10 MG Oral Tablet"),
)
# (code, unit, low, high): values are drawn from inside the reference range.
LABORATORY: Final[tuple[tuple[Coded, str, float, float], ...]] = (
    ((LOINC, "2951-2", "Sodium [Moles/volume] in Serum or Plasma"), "mmol/L", 136, 145),
    ((LOINC, "2823-3", "Potassium [Moles/volume] in Serum or Plasma"), "mmol/L", 3.5, 5.1),
    ((LOINC, "17861-6", "Calcium [Mass/volume] in Serum or Plasma"), "mg/dL", 8.6, 10.2),
    ((LOINC, "19123-9", "Magnesium [Mass/volume] in Serum or Plasma"), "mg/dL", 1.7, 2.4),
    ((LOINC, "2160-0", "Creatinine [Mass/volume] in Serum or Plasma"), "mg/dL", 0.6, 1.1),
    ((LOINC, "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), "m[IU]/L", 0.4, 4.0),
    ((LOINC, "2345-7", "Glucose [Mass/volume] in Serum or Plasma"), "mg/dL", 70, 99),
    ((LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "%", 4.0, 5.6),
    ((LOINC, "718-7", "Hemoglobin [Mass/volume] in Blood"), "g/dL", 12.0, 15.5),
    ((LOINC, "2089-1", "Cholesterol in LDL [Mass/volume] in Serum or Plasma"), "mg/dL", 60, 129),
)
VITAL_SIGNS: Final[tuple[tuple[Coded, str, float, float], ...]] = (
    ((LOINC, "8867-4", "Heart rate"), "/min", 58, 92),
    ((LOINC, "29463-7", "Body weight"), "kg", 62, 88),
    ((LOINC, "8310-5", "Body temperature"), "Cel", 36.2, 37.2),
)
PROCEDURES: Final[tuple[Coded, ...]] = (
    (SNOMED, "73761001", "Colonoscopy"),
    (SNOMED, "80146002", "Appendectomy"),
    (SNOMED, "29303009", "Electrocardiographic procedure"),
    (CPT, "99213", "Office visit, established patient"),
)
REPORTS: Final[tuple[Coded, ...]] = (
    (LOINC, "24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"),
    (LOINC, "57698-3", "Lipid panel with direct LDL - Serum or Plasma"),
    (LOINC, "58410-2", "CBC panel - Blood by Automated count"),
)
ORDERS: Final[tuple[Coded, ...]] = REPORTS
ALLERGENS: Final[tuple[Coded, ...]] = (
    (SNOMED, "91936005", "Allergy to penicillin"),
    (SNOMED, "300913006", "Allergy to shellfish"),
)
VISITS: Final[tuple[Coded, ...]] = ((SNOMED, "185349003", "Encounter for check up"),)

Resource = dict[str, Any]


def concept(*codings: Coded, text: str = "") -> Resource:
    """A CodeableConcept."""
    return {"coding": [{"system": s, "code": c, "display": d} for s, c, d in codings], "text": text or codings[0][2]}


def status(system: str, code: str) -> Resource:
    """One of FHIR's own status concepts, such as clinicalStatus."""
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def quantity(value: float, unit: str, code: str = "") -> Resource:
    """A Quantity in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code or unit}
