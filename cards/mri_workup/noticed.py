"""The card's findings, by the codes of the contract, each with the resources that it rests on."""

from collections.abc import Iterator

from cards.findings.mri_safety import ContrastCaution
from cards.findings.red_flags import RedFlag
from cards.mri_workup.case import Case, dated, labels, shown
from cds_service.advice import Evidence, Finding, Phrase, Values


def findings(case: Case) -> tuple[Finding, ...]:
    """What is (not) on file first, then the flags, safety, contrast and coexisting conditions."""
    return (
        imaging_finding(case),
        *(flag_finding("red-flag", flag) for flag in case.flags.hard),
        *(flag_finding("soft-flag", flag) for flag in case.flags.soft),
        *safety_findings(case),
        *contrast_findings(case),
        *coexisting_findings(case),
    )


def imaging_finding(case: Case) -> Finding:
    """That there is no adequate MRI, and why what is there isn't one."""
    on_file, twitching = case.on_file, case.view.twitching
    if on_file.study is None:
        return Finding("mri-not-on-file", {}, twitching.evidence)
    values = shown(on_file.study.evidence)
    evidence = (on_file.study.evidence,)
    match on_file.state:
        case "review":
            whole = on_file.study.shows == "facial-nerve"
            phrase = (
                Phrase("finding/mri-review-undated", values) if whole else dated("finding/mri-review-existing", values)
            )
            return _finding("mri-review-existing", phrase, evidence)
        case "before-flag" if on_file.newer is not None:
            flag = on_file.newer
            values = {**values, "flag": flag.label, "flag_date": flag.on.written[:10] if flag.on else ""}
            return _finding("mri-not-on-file", Phrase("finding/mri-before-red-flag", values), evidence)
        case "before-onset":
            values = {**values, "onset": twitching.onset.written[:10] if twitching.onset else ""}
            return _finding("mri-not-on-file", Phrase("finding/mri-before-onset", values), evidence)
        case _:
            values = {**values, "months": int(case.view.limits["imaging_lookback_months"])}
            return _finding("mri-not-on-file", Phrase("finding/mri-too-old", values), evidence)


def _finding(code: str, phrase: Phrase, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding(code, phrase.values, evidence, phrase.block)


def flag_values(flag: RedFlag) -> Values:
    what = flag.evidence[-1].display if flag.evidence else ""
    return {"flag": flag.label, "what": what or flag.label, "date": flag.on.written[:10] if flag.on else ""}


def flag_finding(code: str, flag: RedFlag) -> Finding:
    return _finding(code, dated(f"finding/{code}", flag_values(flag)), flag.evidence)


def safety_findings(case: Case) -> Iterator[Finding]:
    for concern in case.concerns:
        seen = concern.evidence
        values = {**shown(seen), "device": labels()["device"][concern.kind]}
        yield _finding("mri-safety", dated("finding/mri-safety", values), (seen,))


def contrast_findings(case: Case) -> Iterator[Finding]:
    for caution in case.cautions:
        yield _finding("contrast-caution", _contrast(caution, case.view.limits["egfr_days"]), (caution.evidence,))


def _contrast(caution: ContrastCaution, days: float) -> Phrase:
    block = f"finding/contrast-{caution.kind}"
    seen = caution.evidence
    values: Values = {**shown(seen), "value": caution.value, "days": int(days)}
    return dated(block, values) if caution.kind in ("pregnancy", "kidney-disease") else Phrase(block, values)


def coexisting_findings(case: Case) -> Iterator[Finding]:
    """What the differential review would say (clinical_rules.md 11, item 16; 6, row 24)."""
    if case.view.twitching.kind == "post-paralytic":
        yield _finding("post-paralytic", Phrase("finding/post-paralytic"), case.view.twitching.evidence)
    for found in case.coexisting:
        phrase = Phrase(f"finding/coexisting-{found.kind}", {"what": found.what})
        yield _finding("coexisting-condition", phrase, found.evidence)
