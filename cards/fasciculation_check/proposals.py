"""The tasks that the card offers. Never one that stops or deletes a medicine (clinical_rules.md 4, 7).

The tests for electrolyte drugs are drafted by the card on metabolic tests (R5).
"""

from datetime import timedelta

from cards.fasciculation_check.parts import day
from cards.findings.medication_triggers import MedicationTrigger
from cds_service.advice import Phrase, Suggestion, TaskProposal, Values, View


def counselling(view: View, values: Values) -> Suggestion:
    """A talk about caffeine, and the re-assessment some weeks later (clinical_rules.md 3.3)."""
    reasons = view.twitching.conditions
    talk = TaskProposal(
        Phrase("describe/caffeine-counselling", values), Phrase("title/caffeine-counselling"), reasons=reasons
    )
    again = TaskProposal(
        Phrase("describe/caffeine-reassess", weeks_to_reassess(view)),
        Phrase("title/caffeine-reassess"),
        reasons=reasons,
        start=view.today + timedelta(days=view.limits["caffeine_reassess_from_days"]),
        end=view.today + timedelta(days=view.limits["caffeine_reassess_to_days"]),
    )
    return Suggestion(Phrase("suggest/caffeine-counselling"), (talk, again))


def weeks_to_reassess(view: View) -> Values:
    """In weeks, as the words say it; the `step` of both limits keeps to whole ones."""
    first, last = view.limits["caffeine_reassess_from_days"], view.limits["caffeine_reassess_to_days"]
    return {"from_weeks": int(first) // 7, "to_weeks": int(last) // 7}


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
