"""The fast look: every code and wording that conditions and reasons for medicines carry. Almost everybody is done here.

It may show more than a full reading would (other patients' entries, contained resources), never less: what it cannot
see makes it `unsure`, and then the road reads everything.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cds_service.fhir.codings import code_text, icd_written_out
from cds_service.fhir.elements import LONGEST_TEXT
from cds_service.fhir.glimpse import ConditionGlimpse, MedicationGlimpse, Said, Says
from cds_service.fhir.prefetch import Looked

SCANNED: Final = ("conditions", "medicationStatements", "drafts")
_TELLING: Final = (ConditionGlimpse, MedicationGlimpse)


class Scan(NamedTuple):
    """`codes` are upper-case; one that could be an ICD code without its dot (G5131) is there in both spellings."""

    codes: set[str]
    texts: list[str]
    unsure: bool


def scan(looked: Mapping[str, Looked]) -> Scan:
    codes: list[str | int | float | None] = []
    texts: list[str | None] = []
    unsure = False
    for key in SCANNED:
        for seen in looked[key].glimpses if key in looked else ():
            if seen.__class__ not in _TELLING:
                unsure = True
                continue
            try:
                for said in seen.says():
                    if said is not None:
                        _hear(said, codes, texts)
            except RecursionError:
                unsure = True
    return Scan(_spelled(codes), [text[:LONGEST_TEXT] for text in dict.fromkeys(texts) if text], unsure)


def _hear(said: Says, codes: list[str | int | float | None], texts: list[str | None]) -> None:
    """Adds everything an element says.

    The ordinary CodeableConcept is walked here, all other shapes one level at a time.
    """
    if isinstance(said, Said):
        texts.append(said.text)
        if isinstance(said.coding, list):
            for coding in said.coding:
                if coding is not None:
                    codes.append(coding.code)
                    texts.append(coding.display)
        elif said.coding is not None:
            _hear(said.coding, codes, texts)
        if said.code is not None or said.display is not None:
            codes.append(said.code)
            texts.append(said.display)
        if said.concept is not None:
            _hear(said.concept, codes, texts)
        if isinstance(said.reference, Said):
            _hear(said.reference, codes, texts)
    elif isinstance(said, str):
        texts.append(said)
    else:
        for each in said or ():
            _hear(each, codes, texts)


def _spelled(found: list[str | int | float | None]) -> set[str]:
    codes = {
        (code.strip() if isinstance(code, str) else code_text(code)).upper() for code in set(found) if code is not None
    }
    perhaps_icd = [code for code in codes if len(code) < 10 and _could_lack_its_dot(code)]
    return codes.union(map(icd_written_out, perhaps_icd), (icd_written_out(code, nine=True) for code in perhaps_icd))


def _could_lack_its_dot(code: str) -> bool:
    """Cheaper than trying: what has its dot inside, and long numbers (SNOMED CT, RxNorm), are no undotted ICD codes."""
    return not (("." in code and code[-1].isalnum()) or (len(code) > 5 and code.isdigit()))
