"""R3 and R4 – caffeine and medicines in a patient with facial twitching (clinical_rules.md 3, 4, 7, 8, 11).

When    hemifacial spasm or one-sided twitching of the face, side known or not; with tardive dyskinesia, medicines only.
Then    caffeine a day from medicines and the recorded intake, against 400 mg (200 in pregnancy; under 18 years 2.5
        mg/kg, else 100): above it a warning; possibly above it, close to it or not to be worked out, info; a diagnosis
        without a dose, info (3.3) [E14]. It is above guidance, never an "intoxication" (8.6).
        Medicines that can cause twitching, by score T × E (4): from 4 info, from 9 a warning; a dopamine blocker with
        an orofacial dyskinesia, a warning (11 item 4) [E23][E24]. Never to stop one: review it with its prescriber.
        Calcium and magnesium for drugs that deplete them: named here, drafted by R5's card alone.
Unless  dormant; on both sides; after a facial palsy; another movement disorder only. In a confirmed spasm with a vessel
        at the facial nerve, or after decompression, a medicine speaks only with the strongest link (4).
A dose increase as a trigger (4) cannot be told from a record and is not looked for. Overrides of earlier cards are the
feedback's business (11 item 34).
"""

from typing import Final

from cards.fasciculation_check.caffeine import caffeine_part
from cards.fasciculation_check.medicines import Medicines, medicine_lines, medicines_part, weighed_medicines
from cards.fasciculation_check.parts import Part, day
from cds_service.advice import Advice, Phrase, Silence, View

_CAFFEINE_TOO: Final = ("hemifacial-spasm", "possible", "undetermined")
_NEEDS: Final = ("medicationStatements", "medicationRequests", "observations")


def advise(view: View) -> Advice | Silence:
    """One card for both halves; the weightier speaks in its summary."""
    kind = view.twitching.kind
    if kind not in _CAFFEINE_TOO and kind != "tardive":
        return Silence("no-twitching" if kind == "none" else kind)
    if view.twitching.dormant:
        return Silence("dormant")
    medicines = weighed_medicines(view)
    found = (caffeine_part(view) if kind in _CAFFEINE_TOO else None, medicines_part(view, medicines))
    parts = sorted((part for part in found if part is not None), key=lambda part: part.weight)
    return _advice(view, parts, medicines) if parts else _silence(view, medicines)


def _silence(view: View, medicines: Medicines) -> Silence:
    if medicines.explanation is None:
        return Silence("nothing-found", quality=_quality(view))
    reason = "operated" if medicines.explanation.how == "operated" else "explained-by-vessel"
    return Silence(reason, medicines.explanation.values, _quality(view))


def _advice(view: View, parts: list[Part], medicines: Medicines) -> Advice:
    lines = [line for part in parts for line in part.detail]
    return Advice(
        situation=parts[0].situation,
        indicator="warning" if any(part.indicator == "warning" for part in parts) else "info",
        values=parts[0].values,
        findings=tuple(finding for part in parts for finding in part.findings),
        detail=(*_trigger_lines(view), *lines, *medicine_lines(view, medicines)),
        suggestions=tuple(s for part in parts for s in part.suggestions),
        pick="any",
        not_assessed=view.record.missing(*_NEEDS),
        quality=_quality(view),
    )


def _trigger_lines(view: View) -> list[Phrase]:
    """What made the card look, and how sure the onset is."""
    twitching, lines = view.twitching, []
    for entry in twitching.evidence:
        block = "line/triggered-by" if entry.date else "line/triggered-by-undated"
        lines.append(Phrase(block, {"what": entry.display, "date": entry.date}))
    if twitching.onset is None:
        lines.append(Phrase("line/onset-unknown"))
    elif twitching.onset_is_recorded_date:
        lines.append(Phrase("line/onset-is-recorded-date", {"onset": day(twitching.onset)}))
    return lines


def _quality(view: View) -> tuple[Phrase, ...]:
    """Medicines whose name could not be found."""
    unread = sum(1 for use in view.record.medications if use.unresolved and not use.medication and not use.ingredients)
    return (Phrase("quality/medication-unreadable", {"number": unread}),) if unread else ()
