"""Names of the contract that the tests hold everything against."""

# The contract's finding codes; dashboards depend on them.
FINDING_CODES = {
    "mri-not-on-file",
    "mri-review-existing",
    "red-flag",
    "soft-flag",
    "mri-safety",
    "contrast-caution",
    "botulinum-window-opens",
    "botulinum-due",
    "botulinum-late",
    "botulinum-overdue",
    "botulinum-lapsed",
    "botulinum-date-unknown",
    "botulinum-two-products",
    "botulinum-booked-too-early",
    "botulinum-dose",
    "botulinum-caution",
    "caffeine-exceeds",
    "caffeine-possible",
    "caffeine-borderline",
    "caffeine-unknown",
    "caffeine-diagnosis",
    "medication-trigger",
    "labs-missing",
    "labs-abnormal",
    "mvd-candidate",
    "hla-b1502-missing",
    "hla-b1502-positive",
    "sodium",
    "opioid-benzodiazepine",
    "baclofen-renal",
    "bilateral",
    "post-paralytic",
    "coexisting-condition",
    "emergency",
    "self-care",
    "data-quality",
}
# The only codes that may stand in a suggested resource (terminology: emit_codes; all verified).
EMITTED = {
    "http://loinc.org": "24740-3 30658-9 36881-1 17861-6 1751-7 1994-3 19123-9 3016-3 3024-7 "
    "62292-8 1989-3 2731-8 2951-2 2160-0 57979-7",
    "http://www.ama-assn.org/go/cpt": "70553 70551 70544 64612 61458",
    "http://snomed.info/sct": "13753008 404909007 56052001 89545001 7771000 24028007",
    "http://hl7.org/fhir/sid/icd-10-cm": "G51.31 G51.32 G51.39",
}
