"""R1 – MRI workup of facial twitching (clinical_rules.md 1, 7, 8, 11).

When    hemifacial spasm, or one-sided facial twitching that may be it; a twitching whose side is unknown, or that
        follows a facial palsy, only with a hard red flag (1.1, 0.5(b)).
Then    consider an MRI of the internal auditory canal and posterior fossa without and with contrast, with
        CISS/FIESTA/SPACE and TOF-MRA [S2][E3][E7]. A hard red flag, or two soft ones, makes it a warning and urgent
        (1.3). A brain MRI alone: have it reviewed. Implants and metal: safety first, and a warning. Kidneys, pregnancy,
        allergy: without contrast first, or only (1.2).
Unless  an adequate MRI since the onset (or of the last 24 months, the onset unknown) and no hard red flag after it;
        such an MRI ordered or booked; not to be done; refused; nerve decompressed without recurrence; dormant; comfort
        care (1.4). One eyelid alone, surely for less than 90 days, without a hard red flag [E21].
"""

from typing import Final

from cards.findings.coexisting_conditions import coexisting_conditions
from cards.findings.imaging_plans import comfort_care
from cards.findings.mri_safety import contrast_cautions, safety_concerns
from cards.findings.red_flags import RedFlags, red_flags
from cards.mri_workup.case import Case, values_of
from cards.mri_workup.lines import detail
from cards.mri_workup.noticed import findings
from cards.mri_workup.on_file import imaging_on_file, planned_or_settled
from cards.mri_workup.proposals import suggestions
from cds_service.advice import Advice, Silence, View

_TRIGGERS: Final = ("hemifacial-spasm", "possible")
_ONLY_WITH_RED_FLAG: Final = {"undetermined": "side-unknown", "post-paralytic": "post-paralytic"}
NEEDS: Final = (
    "conditions",
    "serviceRequests",
    "diagnosticReports",
    "procedures",
    "appointments",
    "observations",
    "allergies",
)


def advise(view: View) -> Advice | Silence:
    """The advice of R1, or why there is none. Shared limit used here: `eyelid_days`."""
    silence = not_for_this_card(view)
    if silence is not None:
        return silence
    flags = red_flags(view.record, view.twitching, view.today, view.limits)
    silence = lacks_red_flag(view, flags)
    if silence is not None:
        return silence
    on_file = imaging_on_file(view, flags)
    if isinstance(on_file, Silence):
        return on_file
    silence = planned_or_settled(view, flags) or _recent_eyelid(view, flags)
    if silence is not None:
        return silence
    record, today, limits = view.record, view.today, view.limits
    return _advice(
        Case(
            view,
            flags,
            on_file,
            concerns=safety_concerns(record, today),
            cautions=contrast_cautions(record, today, limits),
            eyelid=_is_eyelid(view) and not flags.raised,
            coexisting=coexisting_conditions(record, view.twitching, today, limits),
        )
    )


def lacks_red_flag(view: View, flags: RedFlags) -> Silence | None:
    """The silence where only a red flag would make this card speak, and there is none."""
    needs_flag = _ONLY_WITH_RED_FLAG.get(view.twitching.kind)
    return Silence(needs_flag) if needs_flag and not flags.hard else None


def not_for_this_card(view: View) -> Silence | None:
    """The silence of a patient whom this card is not about at all."""
    kind = view.twitching.kind
    if kind not in _TRIGGERS and kind not in _ONLY_WITH_RED_FLAG:
        return Silence("no-twitching" if kind == "none" else kind)
    if view.twitching.dormant:
        return Silence("dormant")
    comfort = comfort_care(view.record, view.today, view.limits)
    return Silence("comfort-care", {"what": comfort.display}) if comfort else None


def _is_eyelid(view: View) -> bool:
    return view.twitching.kind == "possible" and view.twitching.eyelid_only


def _recent_eyelid(view: View, flags: RedFlags) -> Silence | None:
    """One eyelid alone, surely for less than 90 days: a date of recording tells nothing of how long it has been."""
    onset = view.twitching.onset
    if not _is_eyelid(view) or flags.hard or onset is None or view.twitching.onset_is_recorded_date:
        return None
    days = (view.today - onset.earliest).days
    return Silence("eyelid-recent", {"days": days}) if days < view.limits["eyelid_days"] else None


def _situation(case: Case) -> str:
    if case.concerns:
        return "mri-red-flag-safety" if case.flags.raised else "mri-safety"
    state = case.on_file.state
    if case.flags.raised:
        return {"review": "mri-review-existing-red-flag", "before-flag": "mri-new-red-flag"}.get(state, "mri-red-flag")
    if state == "review":
        return "mri-review-existing"
    if case.eyelid:
        return "mri-eyelid"
    return "mri-not-on-file" if state == "nothing" else "mri-outdated"


def _advice(case: Case) -> Advice:
    values = values_of(case)
    return Advice(
        situation=_situation(case),
        indicator="warning" if case.flags.raised or case.concerns else "info",
        values=values,
        findings=findings(case),
        detail=detail(case),
        suggestions=suggestions(case, values),
        pick="at-most-one",
        not_assessed=case.view.record.missing(*NEEDS),
    )
