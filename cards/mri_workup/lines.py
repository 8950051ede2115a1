"""What stands below the summary: trigger, flags, what to consider, safety, what imaging was found, what isn't known."""

from collections.abc import Iterator

from cards.findings.botulinum_history import history
from cards.findings.imaging_plans import open_plans, undated_plans
from cards.findings.kidney_function import egfr
from cards.findings.red_flags import RedFlag
from cards.mri_workup.case import Case, dated, eyelid_months, labels, shown
from cards.mri_workup.noticed import (
    coexisting_findings,
    contrast_findings,
    flag_values,
    imaging_finding,
    safety_findings,
)
from cds_service.advice import Phrase, Values

_ONE_SIDE = ("left", "right")
_STUDIES_SHOWN = 3
# Coexisting diseases for which contrast is preferred (clinical_rules.md 6, row 24).
_FOR_CONTRAST = ("multiple-sclerosis", "trigeminal-neuralgia", "parkinsons")


def detail(case: Case) -> tuple[Phrase, ...]:
    """The whole text, in order."""
    return (
        *trigger(case),
        imaging_finding(case).sentence,
        *_flags(case),
        *(finding.sentence for finding in coexisting_findings(case)),
        *safety(case),
        *_consider(case),
        *(finding.sentence for finding in contrast_findings(case)),
        *_kidneys(case),
        *_imaging(case),
        *_treatment(case),
        Phrase("line/not-a-diagnosis"),
    )


def trigger(case: Case) -> Iterator[Phrase]:
    twitching = case.view.twitching
    for seen in twitching.evidence:
        yield dated("line/trigger", shown(seen))
    if twitching.onset is None:
        yield Phrase("line/onset-unknown")
    else:
        block = "line/onset-recorded" if twitching.onset_is_recorded_date else "line/onset"
        yield Phrase(block, {"date": twitching.onset.written[:10]})
    if not twitching.confirmed:
        yield Phrase("line/suspected")
    if twitching.side == "unknown":
        yield Phrase("line/side-unknown")


def _flags(case: Case) -> Iterator[Phrase]:
    if case.flags.hard:
        yield Phrase("line/flags")
        for flag in case.flags.hard:
            yield _flag(case, flag)
        kinds = {flag.kind for flag in case.flags.hard}
        if kinds & {"hearing-loss", "sudden-hearing-loss"}:
            yield Phrase("line/hearing")
        if "tumour" in kinds:
            yield Phrase("line/tumour")
    if case.flags.soft:
        yield Phrase("line/soft-flags", {"number": int(case.view.limits["soft_flags_that_raise"])})
        for flag in case.flags.soft:
            yield _flag(case, flag)


def _flag(case: Case, flag: RedFlag) -> Phrase:
    side, own = flag.side, case.view.twitching.side
    if side in _ONE_SIDE and own in _ONE_SIDE and side != own:
        names = labels()["side"]
        return dated("line/flag-other-side", {**flag_values(flag), "side": names[side], "twitching_side": names[own]})
    return dated("line/flag", flag_values(flag))


def safety(case: Case) -> Iterator[Phrase]:
    for finding, concern in zip(safety_findings(case), case.concerns, strict=True):
        yield finding.sentence
        yield Phrase(f"line/safety-{concern.kind}")
    if case.concerns:
        yield Phrase("line/alternatives")


def _consider(case: Case) -> Iterator[Phrase]:
    yield Phrase("line/why")
    if case.eyelid:
        yield Phrase("line/eyelid", {"eyelid_months": eyelid_months(case.view)})
    review = case.on_file.state == "review"
    if review:
        yield Phrase("line/review")
    if case.concerns:
        yield Phrase("line/protocol-after-safety")
    else:
        block = "line/protocol-otherwise" if review else "line/protocol"
        yield Phrase(f"{block}-plain" if case.cautions else block)
        if not case.cautions and (case.flags.hard or any(c.kind in _FOR_CONTRAST for c in case.coexisting)):
            yield Phrase("line/contrast-preferred")
    if case.flags.raised:
        yield Phrase("line/urgent")


def _kidneys(case: Case) -> Iterator[Phrase]:
    """The latest eGFR, unless it is a caution itself. That there is none is said only where observations were read."""
    if any(caution.only or caution.kind in ("egfr", "kidney-disease") for caution in case.cautions):
        return
    view = case.view
    days = view.limits["egfr_days"]
    latest = egfr(view.record, view.today, days)
    if latest is not None:
        values: Values = {"value": latest.value._replace(unit=""), "date": latest.evidence.date[:10]}
        yield Phrase("line/egfr", values)
    elif not view.record.missing("observations"):
        yield Phrase("line/egfr-missing", {"days": int(days)})


def _imaging(case: Case) -> Iterator[Phrase]:
    view = case.view
    if case.on_file.studies:
        yield Phrase("line/imaging")
        for study in case.on_file.studies[:_STUDIES_SHOWN]:
            yield dated("line/study", shown(study.evidence))
    else:
        yield Phrase("line/imaging-none")
    for plan in open_plans(view.record, view.today, view.limits):
        if plan.shows == "brain":
            yield Phrase("line/order-brain", shown(plan.evidence))
    for plan in undated_plans(view.record):
        yield Phrase("line/order-undated", {"what": plan.evidence.display})


def _treatment(case: Case) -> Iterator[Phrase]:
    """Treatment options where no botulinum toxin is on file (clinical_rules.md 11, item 35); none for a lone eyelid."""
    view = case.view
    if case.eyelid:
        return
    past = history(view.record, view.today, view.limits)
    if view.twitching.kind in ("hemifacial-spasm", "possible") and not (past.injections or past.undated):
        yield Phrase("line/treatment")
