"""Is Asian ancestry recorded? (clinical_rules.md 5–9, R7a: the recorded race, never a name or a language.)

Used for one question only: whether a test for HLA-B*15:02 is asked for before carbamazepine or oxcarbazepine.
"""

from typing import Literal, TypeAlias

from cards.findings.clinical_text import asserts, fold
from cards.findings.vocabulary import table, vocabulary
from cards.value_sets import value_set
from cds_service.record import Patient

Ancestry: TypeAlias = Literal["asian", "other", "unknown"]


def ancestry(patient: Patient) -> Ancestry:
    """`asian` by any of the recorded codes or words, `other` by words or a code for something else; another code
    without words says nothing.
    """
    race, terms = patient.race, vocabulary("ancestry")
    if value_set("asian_race").match(race) or any(asserts(words, terms["asian"]) for words in race.words):
        return "asian"
    codes = table("ancestry")["codes"]
    if any(coding.system == codes["system"] and coding.code in codes["other"] for coding in race.codings):
        return "other"
    return "other" if any(not terms["unknown"].search(fold(words)) for words in race.words) else "unknown"
