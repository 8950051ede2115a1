"""The half about medicines (clinical_rules.md 4): which speak, the ranked table, its notes, what can be done."""

from typing import NamedTuple

from cards.fasciculation_check import proposals
from cards.fasciculation_check.parts import MISSING, Part, day, rounded, span
from cards.findings.dosage_frequency import Range
from cards.findings.electrolytes import electrolyte_results
from cards.findings.medication_triggers import MedicationReview, MedicationTrigger, medication_review
from cards.findings.metabolic_tests import MINERALS, awaited
from cards.findings.nerve_decompression import decompression
from cards.findings.neurovascular_conflict import neurovascular_conflict
from cds_service.advice import Evidence, Finding, Listed, Name, Phrase, Value, Values, View
from cds_service.record import Observation

# Which half speaks: a medicine that warns comes after caffeine above guidance; see `caffeine._WEIGHTS`.
_WARNING_WEIGHT, _INFO_WEIGHT = 1, 3
_SITUATIONS = {"around": "-around-onset", "imprecise": "-unclear", "unknown": "-unclear"}


class Explanation(NamedTuple):
    """What explains the spasm, so that weaker medicines are left out: `explained` by a vessel, or `operated`."""

    how: str
    evidence: Evidence

    @property
    def values(self) -> Values:
        return {"what": self.evidence.display, "date": self.evidence.date or MISSING}


class Medicines(NamedTuple):
    """`speaking` make the card; `listed` (with the speaking ones) are shown on it; `more` are not."""

    review: MedicationReview
    speaking: tuple[MedicationTrigger, ...] = ()
    listed: tuple[MedicationTrigger, ...] = ()
    more: int = 0
    explanation: Explanation | None = None


def weighed_medicines(view: View) -> Medicines:
    """The medicines that count. Where the spasm is explained, only those with the strongest link, or with a
    dyskinesia besides.
    """
    review = medication_review(view.record, view.twitching, view.today, view.limits)
    worth = [t for t in review.triggers if t.score >= view.limits["medication_listed_score"] or t.with_dyskinesia]
    explanation = _explanation(view)
    kept = [t for t in worth if explanation is None or is_warning(view, t)]
    most = int(view.limits["medication_most_shown"])
    return Medicines(
        review,
        speaking=tuple(t for t in kept[:most] if t.score >= view.limits["medication_card_score"] or t.with_dyskinesia),
        listed=tuple(kept[:most]),
        more=max(len(kept) - most, 0),
        explanation=explanation if len(kept) < len(worth) else None,
    )


def is_warning(view: View, trigger: MedicationTrigger) -> bool:
    """The strongest link; or a dopamine blocker with an orofacial dyskinesia on file (decision 4)."""
    return trigger.score >= view.limits["medication_warning_score"] or trigger.with_dyskinesia


def _explanation(view: View) -> Explanation | None:
    """A confirmed hemifacial spasm with a vessel at the nerve, or after decompression (clinical_rules.md 4)."""
    if view.twitching.kind != "hemifacial-spasm" or not view.twitching.confirmed:
        return None
    operation = decompression(view.record)
    if operation is not None:
        return Explanation("operated", operation.evidence)
    conflict = neurovascular_conflict(view.record, view.today)
    return Explanation("explained", conflict) if conflict else None


def medicines_part(view: View, medicines: Medicines) -> Part | None:
    """What the medicines give to say by themselves, or None."""
    if not medicines.speaking:
        return None
    first = medicines.speaking[0]
    warns = any(is_warning(view, t) for t in medicines.speaking)
    situation = "-dyskinesia" if first.with_dyskinesia else _SITUATIONS.get(first.relation, "")
    dyskinesia = medicines.review.dyskinesia
    return Part(
        situation=f"medication-trigger{situation}",
        indicator="warning" if warns else "info",
        weight=_WARNING_WEIGHT if warns else _INFO_WEIGHT,
        values={"drug": first.drug.name, "n": _days(first), "what": dyskinesia.display if dyskinesia else ""},
        findings=tuple(_finding(view, t) for t in medicines.speaking),
        detail=(),
        suggestions=(proposals.medication_review(view, medicines.speaking),),
    )


def medicine_lines(view: View, medicines: Medicines) -> tuple[Phrase, ...]:
    """The table and its notes, also for weaker links when the card is there anyway."""
    lines: list[Phrase] = []
    if medicines.listed:
        rows = [Phrase(f"line/medication-{t.relation}", _row(view, t)) for t in medicines.listed]
        lines += [Phrase("line/medication-heading"), Phrase("line/medication-table"), *rows]
        lines += [Phrase("line/medication-more", {"number": medicines.more})] if medicines.more else []
        lines += [note for t in medicines.listed for note in _notes(t, medicines.review)]
    lines += [_untested(view, t) for t in _to_be_tested(view, medicines)]
    if medicines.listed:
        lines += [Phrase("line/medication-caveat"), Phrase("line/medication-review")]
    if medicines.explanation:
        lines.append(Phrase(f"line/medication-{medicines.explanation.how}", medicines.explanation.values))
    return tuple(lines)


def _to_be_tested(view: View, medicines: Medicines) -> tuple[MedicationTrigger, ...]:
    """Electrolyte drugs without a recent calcium and magnesium, where these are not ordered either. The orders
    themselves are drafted by the card on metabolic tests (R5), so that no test is drafted twice.
    """
    if not medicines.review.depleting:
        return ()
    results = electrolyte_results(view.record, view.today, view.limits)
    days = view.limits["electrolyte_days"]
    is_due = any(test not in results and not awaited(view.record, test, view.today, days) for test in MINERALS)
    return medicines.review.depleting if is_due else ()


def _untested(view: View, trigger: MedicationTrigger) -> Phrase:
    minerals = Listed(tuple(Name(mineral) for mineral in trigger.drug.lowers))
    values: Values = {"drug": trigger.drug.name, "minerals": minerals, "days": int(view.limits["electrolyte_days"])}
    return Phrase("line/medication-depleting", values)


def _days(trigger: MedicationTrigger) -> Value:
    """Days between start and onset, without a sign: the words say which came first."""
    days = trigger.days
    if days is not None and days.high < 0:
        days = Range(-days.high, -days.low)
    return span(days)


def _row(view: View, trigger: MedicationTrigger) -> Values:
    return {
        "drug": trigger.drug.name,
        "evidence": trigger.drug.evidence,
        "started": day(trigger.start),
        "days": _days(trigger),
        "onset": day(view.twitching.onset),
    }


def _finding(view: View, trigger: MedicationTrigger) -> Finding:
    entries = [
        Evidence(t.use.reference, t.exposure.start.written if t.exposure.start else "", t.use.medication.label)
        for t in trigger.taken
    ]
    results = [result.observation for result in trigger.low] + ([trigger.tsh] if trigger.tsh else [])
    evidence = (*entries, *(Evidence(o.reference, day(o.effective), o.code.label) for o in results))
    return Finding(
        "medication-trigger", _row(view, trigger), evidence, f"finding/medication-trigger-{trigger.relation}"
    )


def _notes(trigger: MedicationTrigger, review: MedicationReview) -> list[Phrase]:
    drug, notes = {"drug": trigger.drug.name}, []
    if trigger.drug.by_class:
        notes.append(Phrase("line/medication-class", {**drug, "listed": trigger.drug.listed}))
    if all(t.exposure.state == "stopped" for t in trigger.taken):
        last = max(trigger.taken, key=lambda t: t.exposure.stopped.latest.toordinal() if t.exposure.stopped else 0)
        notes.append(Phrase("line/medication-stopped", {**drug, "stopped": day(last.exposure.stopped)}))
    elif not any(t.certain for t in trigger.taken):
        notes.append(Phrase("line/medication-unclear", drug))
    notes += [Phrase("line/medication-low", {**drug, **_result(low.observation)}) for low in trigger.low]
    if trigger.tsh is not None:
        notes.append(Phrase("line/medication-tsh", {**drug, **_result(trigger.tsh)}))
    if trigger.with_dyskinesia and review.dyskinesia is not None:
        found = review.dyskinesia
        notes.append(
            Phrase("line/medication-dyskinesia", {**drug, "what": found.display, "date": found.date or MISSING})
        )
    return notes


def _result(observation: Observation) -> Values:
    value = rounded(observation.value) if observation.value else MISSING
    return {"what": observation.code.label, "value": value, "date": day(observation.effective)}
