"""One name for each code system, one spelling for each code: the aliases that real records use are undone here.

Canonical URIs are those of terminology.yaml (`code_system_uris`); the aliases are the systems' OIDs, other schemes
and final slashes, national editions that keep the same codes, and the short names of HL7 v2 (table 0396) that
interfaces leave in `system`.
"""

import re
from typing import Final

from cds_service.record import ATC, CPT, ICD10CM, LOINC, RXNORM, SNOMED, Coding

ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD9CM: Final = "http://hl7.org/fhir/sid/icd-9-cm"
HCPCS: Final = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
RACE: Final = "urn:oid:2.16.840.1.113883.6.238"
MESH: Final = "https://www.nlm.nih.gov/mesh"
HPO: Final = "http://human-phenotype-ontology.org"
ORPHA: Final = "http://www.orpha.net"
OMIM: Final = "http://www.omim.org"

_OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    SNOMED: ("2.16.840.1.113883.6.96", "SNOMED-CT", "SNOMED CT", "SNOMEDCT", "SNOMEDCT_US", "SNOMED", "SCT"),
    ICD10CM: (
        "2.16.840.1.113883.6.90",
        "http://hl7.org/fhir/sid/icd-10-us",
        "http://hl7.org/fhir/sid/icd10cm",
        "http://www.cdc.gov/nchs/icd/icd10cm.htm",
        "ICD-10-CM",
        "ICD10-CM",
        "ICD10CM",
        "I10C",
    ),
    ICD10: (
        "2.16.840.1.113883.6.3",
        "http://www.who.int/classifications/icd/icd10",
        "http://id.who.int/icd/release/10",
        "http://hl7.org/fhir/sid/icd-10-uk",
        "http://hl7.org/fhir/sid/icd-10-nl",
        "http://hl7.org/fhir/sid/icd-10-ca",
        "http://hl7.org/fhir/sid/icd-10-de",
        "http://hl7.org/fhir/sid/icd-10-fr",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
        "ICD-10",
        "ICD10",
        "I10",
    ),
    ICD9CM: (
        "2.16.840.1.113883.6.103",
        "http://hl7.org/fhir/sid/icd-9-cm/diagnosis",
        "http://hl7.org/fhir/sid/icd-9",
        "ICD-9-CM",
        "ICD9-CM",
        "ICD9CM",
        "ICD-9",
        "ICD9",
        "I9C",
        "I9CDX",
    ),
    LOINC: ("2.16.840.1.113883.6.1", "http://www.loinc.org", "LOINC", "LN"),
    RXNORM: ("2.16.840.1.113883.6.88", "http://www.nlm.nih.gov/research/umls/rxnorm/", "RXNORM", "RxNorm"),
    ATC: (
        "2.16.840.1.113883.6.73",
        "http://www.whocc.no/atc_ddd_index",
        "http://fhir.de/CodeSystem/bfarm/atc",
        "http://fhir.de/CodeSystem/dimdi/atc",
        "ATC",
    ),
    CPT: ("2.16.840.1.113883.6.12", "http://www.ama-assn.org/go/cpt-4", "CPT", "CPT4", "CPT-4", "C4"),
    HCPCS: (
        "2.16.840.1.113883.6.285",
        "2.16.840.1.113883.6.14",
        "http://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo",
        "HCPCS",
        "HCPC",
    ),
    RACE: (
        "2.16.840.1.113883.6.238",
        "2.16.840.1.113883.5.104",
        "CDCREC",
        "http://terminology.hl7.org/CodeSystem/v3-Race",
        "http://hl7.org/fhir/v3/Race",
    ),
    MESH: ("2.16.840.1.113883.6.177", "http://id.nlm.nih.gov/mesh", "MESH", "MSH"),
    HPO: ("http://purl.obolibrary.org/obo/hp.owl", "http://www.human-phenotype-ontology.org", "HPO"),
    ORPHA: ("http://www.orpha.net/ORDO", "ORPHA", "ORPHANET"),
    OMIM: ("2.16.840.1.113883.6.174", "http://omim.org", "OMIM"),
}
_ICD: Final = (ICD10CM, ICD10, ICD9CM)
_SNOMED_MODULE: Final = "snomed.info/sct/"
# A dagger, asterisk or exclamation mark of ICD-10's double coding is no part of the code.
_ICD10_SHAPE: Final = re.compile(r"^([A-Z]\d[0-9A-Z])\.?([0-9A-Z]{0,4})[.*+†!]*$")
_ICD9_SHAPE: Final = re.compile(r"^(E\d{3}|V\d\d|\d{3})\.?(\d{0,2})\.?$")


def _key(system: str) -> str:
    """The part of a system's name that its spellings share."""
    name = system.strip().casefold()
    for lead in ("https://", "http://", "urn:oid:", "oid:"):
        if name.startswith(lead):
            name = name[len(lead) :]
            break
    return name.rstrip("/")


_CANONICAL: Final = {_key(alias): uri for uri, aliases in _OTHER_NAMES.items() for alias in (uri, *aliases)}


def canonical_system(system: str) -> str:
    """The system's canonical URI; an unknown one as it was written."""
    if system in _OTHER_NAMES:
        return system
    key = _key(system)
    if key.startswith(_SNOMED_MODULE):
        return SNOMED
    return _CANONICAL.get(key, system.strip())


def icd_written_out(code: str, nine: bool = False) -> str:
    """An ICD-10 (or ICD-9) code in upper case with its dot after the category: `g5131` → `G51.31`, `3518` → `351.8`.

    Anything that has not the shape of such a code is returned in upper case, otherwise as it was.
    """
    upper = code.strip().upper()
    shape = (_ICD9_SHAPE if nine else _ICD10_SHAPE).match(upper)
    return ".".join(filter(None, shape.groups())) if shape else upper


def code_text(value: str | int | float) -> str:
    """A code as text; some senders write numeric ones (64612, even 64612.0) as JSON numbers."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def coding(system: str, code: str, display: str) -> Coding:
    """A coding under its canonical names."""
    uri = canonical_system(system) if system else ""
    return Coding(uri, icd_written_out(code, nine=uri == ICD9CM) if uri in _ICD else code.strip(), display)
