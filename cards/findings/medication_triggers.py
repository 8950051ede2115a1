"""Medicines that can cause twitching, weighed by how their start lies to the onset and how good the evidence is
(clinical_rules.md 4).

score = T × E. T: see `Relation`. E: `fasciculation_drugs`. A stop of a drug is never proposed by what is said here.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from cards.findings.clinical_text import asserts
from cards.findings.condition_status import is_current
from cards.findings.dosage_frequency import Range
from cards.findings.electrolytes import LowResult, low_electrolytes, low_tsh
from cards.findings.fasciculation_drugs import TwitchDrug, twitch_drugs
from cards.findings.labels import label
from cards.findings.medication_exposure import Exposure, exposure
from cards.findings.vocabulary import any_of, table
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import MedicationUse, Observation, PartialDate, PatientRecord

# before: 0–180 days before the onset, surely. long-before: surely before it, and not surely within 180 days. around:
# 1–7 days after it.
# imprecise: the dates, or whether and until when it is taken, are too vague. after: more than 7 days after.
# treatment: it treats the spasm.
Relation = Literal["before", "long-before", "around", "imprecise", "unknown", "after", "treatment"]


_DYSKINESIA = ("tardive_dyskinesia", "meige_orofacial_dystonia")


class Taken(NamedTuple):
    """One entry that shows exposure. `certain`: taken now, or surely stopped recently enough."""

    use: MedicationUse
    exposure: Exposure
    certain: bool


class MedicationTrigger(NamedTuple):
    """One drug with all its entries. `days` from its start to the onset (negative: after it). `low` and `tsh` are
    what doubles or allows it.
    """

    drug: TwitchDrug
    taken: tuple[Taken, ...]
    relation: Relation
    score: int
    start: PartialDate | None = None
    days: Range | None = None
    low: tuple[LowResult, ...] = ()
    tsh: Observation | None = None
    with_dyskinesia: bool = False


class MedicationReview(NamedTuple):
    """`triggers` by score, the greatest first; `depleting` are electrolyte drugs that are taken without a low result
    on file.
    """

    triggers: tuple[MedicationTrigger, ...] = ()
    depleting: tuple[MedicationTrigger, ...] = ()
    dyskinesia: Evidence | None = None


def medication_review(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> MedicationReview:
    """Every listed drug that is taken, or was until recently, with its score. Limits: `medication_*`, `ppi_use_days`,
    `electrolyte_*`.
    """
    groups: dict[str, tuple[TwitchDrug, list[Taken]]] = {}
    for use in record.medications:
        for drug in twitch_drugs(use):
            entry = _taken(use, drug, today, limits)
            if entry is not None:
                groups.setdefault(drug.name, (drug, []))[1].append(entry)
    if not groups:
        return MedicationReview()
    # Asked only where a drug is taken for which it matters.
    drugs = [drug for drug, _ in groups.values()]
    lows = low_electrolytes(record, today, limits) if any(drug.lowers for drug in drugs) else ()
    tsh = low_tsh(record, today, limits) if any(drug.is_among("thyroid") for drug in drugs) else None
    blocked = any(drug.blocks_dopamine for drug in drugs)
    dyskinesia = orofacial_dyskinesia(record, today, limits) if blocked else None
    triggers, depleting = [], []
    for drug, taken in groups.values():
        trigger = _weighed(drug, tuple(taken), twitching, limits)
        low = tuple(result for result in lows if result.electrolyte in drug.lowers)
        if drug.lowers and not low:
            depleting.append(trigger._replace(score=0))
        elif not drug.is_among("thyroid") or tsh is not None:
            if drug.lowers:
                trigger = _depleted(trigger, low, today, limits)
            moving = dyskinesia is not None and drug.blocks_dopamine and trigger.score > 0
            triggers.append(trigger._replace(tsh=tsh if drug.is_among("thyroid") else None, with_dyskinesia=moving))
    return MedicationReview(tuple(sorted(triggers, key=_rank)), tuple(depleting), dyskinesia)


def _rank(trigger: MedicationTrigger) -> tuple[int, bool, int, str]:
    return (-trigger.score, not trigger.with_dyskinesia, -trigger.drug.weight, trigger.drug.name)


def _taken(use: MedicationUse, drug: TwitchDrug, today: date, limits: Mapping[str, float]) -> Taken | None:
    """The entry, if the medicine is taken now or was until recently (30 days; succinylcholine 48 hours)."""
    found = exposure(use, today)
    days = limits[
        "medication_peri_anaesthetic_days" if drug.is_among("peri_anaesthetic") else "medication_stopped_days"
    ]
    first = today - timedelta(days=days)
    if found.state in ("current", "unclear"):
        return Taken(use, found, found.state == "current")
    # Without a recorded end, the start is the last day on which it surely was taken.
    last = found.stopped or found.start
    if found.state == "none" or last is None or last.latest < first:
        return None
    certain = last.earliest >= first
    return Taken(use, found, certain) if certain or found.stopped is not None else None


def _weighed(
    drug: TwitchDrug, taken: tuple[Taken, ...], twitching: FacialTwitching, limits: Mapping[str, float]
) -> MedicationTrigger:
    """T × E from the earliest start of all entries; one without a start leaves open whether it was taken earlier."""
    starts = [t.exposure.start for t in taken if t.exposure.start is not None]
    start = min(starts, key=lambda s: (s.earliest, s.latest)) if starts else None
    relation, days = relation_to_onset(start, twitching.onset, limits)
    if relation == "after" and len(starts) < len(taken):
        relation = "unknown"
    weights = table("fasciculation_drugs")["relations"]
    if weights[relation] > weights["imprecise"] and not any(t.certain for t in taken):
        relation = "imprecise"
    if drug.is_among("spasm_treatment") and _is_treatment(taken, days, twitching):
        relation = "treatment"
    return MedicationTrigger(drug, taken, relation, int(weights[relation]) * drug.weight, start, days)


def relation_to_onset(
    start: PartialDate | None, onset: PartialDate | None, limits: Mapping[str, float]
) -> tuple[Relation, Range | None]:
    """How a start lies to the onset, and the days between them (negative: after it). Vague dates: strong only if all
    of it qualifies.
    """
    if start is None or onset is None:
        return "unknown", None
    days = Range((onset.earliest - start.latest).days, (onset.latest - start.earliest).days)
    if days.low >= 0:
        return ("before" if days.high <= limits["medication_onset_window_days"] else "long-before"), days
    if days.high < -limits["medication_after_onset_days"]:
        return "after", days
    return ("around" if days.high < 0 else "imprecise"), days


def _is_treatment(taken: tuple[Taken, ...], days: Range | None, twitching: FacialTwitching) -> bool:
    """Started after the onset, or given for the spasm. Where the onset is only the day of recording, a start that day
    is treatment too.
    """
    latest = 0 if twitching.onset_is_recorded_date else -1
    if days is not None and days.high <= latest:
        return True
    return any(set(t.use.reason_references) & set(twitching.conditions) or _is_for_spasm(t.use) for t in taken)


def _is_for_spasm(use: MedicationUse) -> bool:
    return any(value_set("hemifacial_spasm").match(reason) for reason in use.reasons)


def _depleted(
    trigger: MedicationTrigger, low: tuple[LowResult, ...], today: date, limits: Mapping[str, float]
) -> MedicationTrigger:
    """The score with a low electrolyte, which doubles it; too short a course of some groups weighs less."""
    settings, weight = table("fasciculation_drugs"), trigger.drug.weight
    if trigger.drug.group in settings["short_use"]["groups"] and _is_short(trigger.start, today, limits):
        weight = min(weight, int(settings["short_use"]["weight"]))
    score = int(settings["relations"][trigger.relation]) * weight * int(settings["electrolyte"]["factor"])
    return trigger._replace(score=score, low=low)


def _is_short(start: PartialDate | None, today: date, limits: Mapping[str, float]) -> bool:
    return start is not None and (today - start.earliest).days < limits["ppi_use_days"]


@cache
def _dyskinesia_words() -> re.Pattern[str]:
    return any_of(*table("fasciculation_drugs")["dyskinesia"]["words"])


def orofacial_dyskinesia(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Evidence | None:
    """A current record of tardive or other orofacial dyskinesia (decision 4 of section 11)."""
    words = _dyskinesia_words()
    for condition in record.conditions:
        if not is_current(condition, today, limits, record.conditions):
            continue
        coded = any(value_set(name).match(condition.code) for name in _DYSKINESIA)
        if coded or any(asserts(text, words) for text in condition.code.words):
            noted = condition.onset or condition.recorded
            return Evidence(condition.reference, noted.written if noted else "", label(condition.code, *_DYSKINESIA))
    return None
