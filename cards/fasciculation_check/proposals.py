"""The tasks and orders that the card offers. Never one that stops or deletes a medicine (clinical_rules.md 4, 7).

Codes: the verified ones of terminology.yaml, `emit_codes`, labs.
"""

from datetime import timedelta
from typing import Final

from cards.fasciculation_check.parts import day
from cards.findings.medication_triggers import MedicationTrigger
from cds_service.advice import OrderProposal, Phrase, Suggestion, TaskProposal, Values, View
from cds_service.record import LOINC, Coding

CALCIUM: Final = Coding(LOINC, "17861-6", "Calcium [Mass/volume] in Serum or Plasma")
ALBUMIN: Final = Coding(LOINC, "1751-7", "Albumin [Mass/volume] in Serum or Plasma")
MAGNESIUM: Final = Coding(LOINC, "19123-9", "Magnesium [Mass/volume] in Serum or Plasma")


def counselling(view: View, values: Values) -> Suggestion:
    """A talk about caffeine, and the re-assessment 2–4 weeks later (clinical_rules.md 3.3)."""
    reasons = view.twitching.conditions
    talk = TaskProposal(
        Phrase("describe/caffeine-counselling", values), Phrase("title/caffeine-counselling"), reasons=reasons
    )
    again = TaskProposal(
        Phrase("describe/caffeine-reassess"),
        Phrase("title/caffeine-reassess"),
        reasons=reasons,
        start=view.today + timedelta(days=view.limits["caffeine_reassess_from_days"]),
        end=view.today + timedelta(days=view.limits["caffeine_reassess_to_days"]),
    )
    return Suggestion(Phrase("suggest/caffeine-counselling"), (talk, again))


def asking(view: View, values: Values) -> Suggestion:
    """To ask, where the amount is not known."""
    task = TaskProposal(
        Phrase("describe/caffeine-ask", values), Phrase("title/caffeine-ask"), reasons=view.twitching.conditions
    )
    return Suggestion(Phrase("suggest/caffeine-ask"), (task,))


def medication_review(view: View, triggers: tuple[MedicationTrigger, ...]) -> Suggestion:
    """A review of each of these with its prescriber; the task is about the entry that says that it is taken."""
    tasks = []
    for trigger in triggers:
        entries = sorted(trigger.taken, key=lambda t: (t.use.kind != "statement", not t.certain))
        values = {"drug": trigger.drug.name, "started": day(trigger.start), "onset": day(view.twitching.onset)}
        tasks.append(
            TaskProposal(
                Phrase("describe/medication-review", values),
                Phrase("title/medication-review", values),
                focus=entries[0].use.reference,
                reasons=view.twitching.conditions,
            )
        )
    return Suggestion(Phrase("suggest/medication-review"), tuple(tasks))


def labs(view: View, drug: str) -> Suggestion:
    """Calcium with albumin, and magnesium (clinical_rules.md 5–9, R5); potassium has no code that may be emitted."""
    values, reasons = {"drug": drug}, view.twitching.conditions
    orders = tuple(
        OrderProposal(
            Phrase(f"describe/{name}", values), (code,), Phrase(f"title/{name}"), "laboratory", reasons=reasons
        )
        for name, code in (("calcium", CALCIUM), ("albumin", ALBUMIN), ("magnesium", MAGNESIUM))
    )
    return Suggestion(Phrase("suggest/labs"), orders)
