"""The draft orders that the card offers: what is missing, and what a low calcium asks for besides.

Codes: the verified ones of terminology.yaml, `emit_codes`, labs. Potassium has none that may be emitted.
"""

from collections.abc import Mapping
from typing import Final

from cards.metabolic_labs.case import Case, called, further_wanted, minerals_wanted
from cds_service.advice import OrderProposal, Phrase, Suggestion, Values
from cds_service.record import LOINC, Coding

_CODES: Final[Mapping[str, Coding]] = {
    "calcium": Coding(LOINC, "17861-6", "Calcium [Mass/volume] in Serum or Plasma"),
    "ionised-calcium": Coding(LOINC, "1994-3", "Calcium.ionized [Moles/volume] in Blood"),
    "albumin": Coding(LOINC, "1751-7", "Albumin [Mass/volume] in Serum or Plasma"),
    "magnesium": Coding(LOINC, "19123-9", "Magnesium [Mass/volume] in Serum or Plasma"),
    "tsh": Coding(LOINC, "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"),
    "vitamin-d": Coding(LOINC, "62292-8", "25-hydroxyvitamin D2+D3"),
    "pth": Coding(LOINC, "2731-8", "Parathyrin.intact [Mass/volume] in Serum or Plasma"),
}


def suggestions(case: Case) -> tuple[Suggestion, ...]:
    """One button for the minerals, one for the rest."""
    wanted = (("minerals", tuple(minerals_wanted(case))), ("further", tuple(further_wanted(case))))
    return tuple(_suggestion(case, group, tests) for group, tests in wanted if tests)


def _suggestion(case: Case, group: str, tests: tuple[str, ...]) -> Suggestion:
    urgent = group == "minerals" and any(test.level == "low" for test in case.abnormal)
    orders = tuple(_order(case, test, urgent) for test in tests)
    return Suggestion(Phrase(f"suggest/{group}", {"tests": called(tests)}), orders)


def _order(case: Case, test: str, urgent: bool) -> OrderProposal:
    values: Values = {"reason": case.reason}
    disorders = [entry.reference for cue in case.cues if cue.kind != "medicine" for entry in cue.evidence]
    return OrderProposal(
        describe=Phrase(f"describe/{test}", values),
        codes=(_CODES[test],),
        title=Phrase(f"title/{test}"),
        category="laboratory",
        urgent=urgent,
        reasons=tuple(dict.fromkeys((*case.view.twitching.conditions, *disorders))),
        note=Phrase("note/labs", values),
    )
