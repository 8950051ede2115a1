"""The entries of a record that tell of facial movement today, and why others don't (clinical_rules.md 0.1)."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cards.findings.condition_status import is_dormant, is_resolved, is_suspected, is_usable
from cards.findings.labels import label
from cards.findings.months import years_between
from cards.findings.twitching_codes import SETS
from cards.findings.twitching_meaning import Meaning, meaning
from cards.findings.twitching_mentions import mentioned
from cds_service.advice import Evidence, Phrase
from cds_service.record import Condition, Drafts, MedicationUse, PartialDate, Patient, PatientRecord

_ACTIVE = frozenset({"active", "recurrence", "relapse"})
_TWITCHING = ("hemifacial-spasm", "possible")


class Sign(NamedTuple):
    """One entry that counts. `onset` as recorded or by age, `recorded` the day of recording."""

    meaning: Meaning
    evidence: Evidence
    dormant: bool = False
    confirmed: bool = True
    onset: PartialDate | None = None
    recorded: PartialDate | None = None


class Signs(NamedTuple):
    """`misses`: why entries about facial movement don't count, those about hemifacial spasm first."""

    found: tuple[Sign, ...]
    misses: tuple[Phrase, ...]


def read_signs(record: PatientRecord, limits: Mapping[str, float], today: date) -> Signs:
    """Every entry about facial movement, weighed by its status.

    Limits used: `tic_age_years`, `encounter_diagnosis_months`.
    """
    minor = _is_minor(record.patient, limits, today)
    meant = [(c, m) for c in record.conditions if (m := _meaning(c, minor))]
    found, misses = [], []
    for condition, means in sorted(meant, key=lambda pair: not pair[1].names_spasm):
        if reason := _why_not(condition, means, today):
            misses.append(Phrase(f"gate/{reason}", {"what": label(condition.code, *SETS)}))
        else:
            found.append(_sign(condition, means, record, limits, today))
    if not any(means.names_spasm for _, means in meant):
        found += _reasons_of_medicines(record.medications, minor)
    if not any(sign.meaning.kind in _TWITCHING and not sign.dormant for sign in found):
        found += _reasons_of_drafts(record.drafts, minor)
    return Signs(tuple(found), tuple(misses))


def _meaning(entry: Condition, minor: bool) -> Meaning | None:
    codes = {coding.code.strip().upper() for coding in entry.code.codings}
    return meaning(entry, minor) if mentioned(codes, entry.code.words) else None


def _is_minor(patient: Patient, limits: Mapping[str, float], today: date) -> bool:
    """Surely below the age. Without a date of birth nobody is a child."""
    if patient.born is None:
        return False
    return years_between(patient.born.earliest, today) < limits["tic_age_years"]


def _why_not(condition: Condition, means: Meaning, today: date) -> str:
    if not is_usable(condition):
        return "refuted" if condition.verification == "refuted" else "entered-in-error"
    if means.kind == "none":
        return means.reason
    return "resolved" if is_resolved(condition, today) else ""


def _sign(
    condition: Condition, means: Meaning, record: PatientRecord, limits: Mapping[str, float], today: date
) -> Sign:
    once = means.standing == "historical" and condition.status not in _ACTIVE
    onset = condition.onset or _onset_by_age(condition, record.patient, today)
    if onset and onset.earliest > today:
        onset, means = None, means._replace(quality=(*means.quality, "onset-in-future"))
    written = (condition.onset or condition.recorded or _NO_DATE).written
    return Sign(
        means,
        Evidence(condition.reference, written, label(condition.code, *SETS)),
        dormant=once or is_dormant(condition, today, limits, record.conditions),
        confirmed=not is_suspected(condition) and means.standing != "suspected",
        onset=onset,
        recorded=condition.recorded,
    )


def _onset_by_age(condition: Condition, patient: Patient, today: date) -> PartialDate | None:
    """The year of life in which it began: from that birthday to the day before the next."""
    if condition.onset_age_years is None or patient.born is None:
        return None
    try:
        years = int(condition.onset_age_years)
        first = _birthday(patient.born.earliest, years)
        last = max(first, min(today, _birthday(patient.born.latest, years + 1) - timedelta(days=1)))
    except (ValueError, OverflowError):
        return None
    return PartialDate(first, last, "/".join(dict.fromkeys((str(first.year), str(last.year)))))


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _reasons_of_medicines(uses: Iterable[MedicationUse], minor: bool) -> list[Sign]:
    """Hemifacial spasm as the reason of a medicine.

    It counts where no diagnosis of the chart speaks of hemifacial spasm, so that one which was refuted, resolved or
    set inactive is not revived. A reason that refers to a diagnosis is read there.
    """
    found = []
    for use in uses:
        for reason in use.reasons if use.status != "entered-in-error" else ():
            means = _meaning(Condition(code=reason, body_sites=use.body_sites), minor)
            if means and means.kind == "hemifacial-spasm":
                evidence = Evidence(
                    use.reference, (use.given or use.authored or _NO_DATE).written, label(reason, *SETS)
                )
                found.append(Sign(means, evidence, confirmed=means.standing != "suspected"))
    return found


def _reasons_of_drafts(drafts: Drafts, minor: bool) -> list[Sign]:
    """Facial twitching as the reason of what is being signed, where the chart tells of none today. Whoever signs it
    says so now: an older entry that was refuted or resolved does not take it back.
    """
    found = []
    given = ((draft.reference, draft.reasons) for part in (drafts.medications, drafts.orders) for draft in part)
    for reference, reason in ((reference, reason) for reference, reasons in given for reason in reasons):
        means = _meaning(Condition(code=reason), minor)
        if means and means.kind in _TWITCHING:
            meant, evidence = means._replace(reason="reason-of-draft"), Evidence(reference, "", label(reason, *SETS))
            found.append(Sign(meant, evidence, confirmed=means.standing != "suspected"))
    return found


_NO_DATE = PartialDate(date.min, date.min)
