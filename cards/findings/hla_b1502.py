"""Is HLA-B*15:02 tested, and with what result? (clinical_rules.md 5–9, R7a [E4]). A genotype does not age: any date."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.findings.clinical_text import clauses, fold, standing
from cards.findings.condition_status import is_usable
from cards.findings.lab_results import USABLE, is_without_result, taken_on
from cards.findings.vocabulary import table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import LOINC, Concept, Observation, PatientRecord, Report

Sign: TypeAlias = Literal["positive", "negative", "unclear"]
_WEIGHTIEST_FIRST: Final[tuple[Sign, ...]] = ("positive", "negative", "unclear")
_PARTS: Final = re.compile(r"[,|、]| and | but | und ")


class HlaResult(NamedTuple):
    """`unclear`: a result is on file, but it cannot be read whether it is positive."""

    sign: Sign
    evidence: tuple[Evidence, ...]


def hla_b1502(record: PatientRecord) -> HlaResult | None:
    """What observations, reports and problem-list entries say together. One positive result outweighs negative ones."""
    found = [*_observed(record.observations), *_reported(record.reports), *_noted(record)]
    for sign in _WEIGHTIEST_FIRST:
        evidence = tuple(seen for said, seen in found if said == sign)
        if evidence:
            return HlaResult(sign, evidence)
    return None


def is_hla_b1502(code: Concept) -> bool:
    """Whether this names the test. CPT 81381 is the typing of any allele, so it does not."""
    tests = value_set("hla_b1502")
    return any(c.system == LOINC and c in tests for c in code.codings) or any(map(_names_allele, code.words))


def _observed(observations: Iterable[Observation]) -> Iterator[tuple[Sign, Evidence]]:
    for observation in observations:
        is_usable = observation.status in USABLE and not is_without_result(observation)
        if is_usable and _is_about_allele(observation):
            on = taken_on(observation)
            yield _sign_of(observation), Evidence(observation.reference, on.written if on else "", _name(observation))


def _is_about_allele(observation: Observation) -> bool:
    """The test itself, a panel that holds it, or another typing whose result names the allele."""
    if is_hla_b1502(observation.code) or any(is_hla_b1502(part.code) for part in observation.components):
        return True
    return any(map(_names_allele, (*observation.value_concept.words, observation.value_words)))


def _name(result: Observation | Report) -> str:
    row = value_set("hla_b1502").match(result.code)
    return result.code.label if result.code.words or row is None else row["display"]


def _sign_of(observation: Observation) -> Sign:
    own = is_hla_b1502(observation.code)
    codes = [coding.code for coding in observation.value_concept.codings] + list(observation.interpretations)
    texts = (*observation.value_concept.words, observation.value_words)
    signs = [*map(_by_code, codes if own else ()), *(_worded(text, alone=own) for text in texts)]
    for part in observation.components:
        alone = is_hla_b1502(part.code) or (own and not _names_other(part.code))
        signs.append(_worded(part.value_words, alone=alone))
    sign = _agreed(signs)
    # A test of two alleles: which of them was found must be said.
    is_vague = own and _names_other(observation.code) and not any(map(_names_allele, texts))
    return "unclear" if sign == "positive" and is_vague else sign


def _reported(reports: Iterable[Report]) -> Iterator[tuple[Sign, Evidence]]:
    for report in reports:
        texts = [report.conclusion, *(words for said in report.conclusion_codes for words in said.words)]
        own = is_hla_b1502(report.code)
        if report.status not in USABLE or not (own or any(map(_names_allele, texts))):
            continue
        codes = [coding.code for said in report.conclusion_codes for coding in said.codings] if own else []
        sign = _agreed([*map(_by_code, codes), *(_worded(text, alone=own) for text in texts)])
        on = report.performed
        yield sign, Evidence(report.reference, on.written if on else "", _name(report))


def _noted(record: PatientRecord) -> Iterator[tuple[Sign, Evidence]]:
    """An entry of the problem list or of the allergies that names the allele and says how the test came out."""
    for condition in record.conditions:
        sign = _agreed(_worded(words, alone=False) for words in condition.code.words)
        if sign != "unclear" and is_usable(condition):
            on = condition.onset or condition.recorded
            yield sign, Evidence(condition.reference, on.written if on else "", condition.code.label)
    for allergy in record.allergies:
        sign = _agreed(_worded(words, alone=False) for words in allergy.code.words)
        if sign != "unclear" and allergy.verification not in ("refuted", "entered-in-error"):
            yield sign, Evidence(allergy.reference, "", allergy.code.label)


def _agreed(signs: Iterable[Sign]) -> Sign:
    """What all that say something say; where they contradict each other, nothing is sure."""
    said = set(signs) - {"unclear"}
    return said.pop() if len(said) == 1 else "unclear"


def _by_code(code: str) -> Sign:
    codes = table("hla_b1502")["codes"]
    return (
        "positive"
        if code.upper() in codes["positive"]
        else "negative"
        if code.upper() in codes["negative"]
        else "unclear"
    )


def _names_other(code: Concept) -> bool:
    """Whether it names another allele or gene, perhaps besides."""
    return any(vocabulary("hla_b1502")["other_allele"].search(fold(words)) for words in code.words)


def _names_allele(text: str) -> bool:
    return bool(vocabulary("hla_b1502")["allele"].search(fold(text)))


def _worded(text: str, alone: bool = True) -> Sign:
    """How a text says that it came out, by the part that names the allele; `alone`: also where none names it, as long
    as no other allele is meant. What it says of people in general is left out.
    """
    words = vocabulary("hla_b1502")
    parts = [part for clause in clauses(text) for part in _PARTS.split(clause) if not words["general"].search(part)]
    meant = [part for part in parts if words["allele"].search(part)]
    if not meant and alone and not words["other_allele"].search(fold(text)):
        meant = parts
    return _agreed(_plain_sign(part) for part in meant)


def _plain_sign(part: str) -> Sign:
    rest, denials = vocabulary("hla_b1502")["negative"].subn(" ", part)
    affirmed = standing(rest, vocabulary("hla_b1502")["positive"])
    signs: list[Sign] = ["negative"] if denials or affirmed == "denied" else []
    return _agreed([*signs, "positive"] if affirmed in ("asserted", "historical") else signs)
