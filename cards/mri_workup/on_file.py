"""What imaging the record holds for this twitching, and which of it makes the card needless (clinical_rules.md 1.4)."""

from typing import Literal, NamedTuple

from cards.findings.imaging_history import Relation, Study, relation_to_onset, studies
from cards.findings.imaging_plans import Plan, forbidden, open_plans, refused
from cards.findings.nerve_decompression import decompression
from cards.findings.red_flags import RedFlag, RedFlags
from cds_service.advice import Evidence, Phrase, Silence, View
from cds_service.record import PartialDate

_RECURRING = frozenset({"recurrence", "relapse"})
_AT_ONSET = "child-onset"
_SINCE = ("since", "perhaps-since")


class OnFile(NamedTuple):
    """`nothing` adequate; `before-onset`/`too-old`: adequate once; `before-flag`: adequate until the red flag `newer`;
    `review`: a study that may not show the nerve, or has no date. `study` is the one that this is said of."""

    state: Literal["nothing", "before-onset", "too-old", "before-flag", "review"]
    studies: tuple[Study, ...] = ()
    study: Study | None = None
    newer: RedFlag | None = None


def imaging_on_file(view: View, flags: RedFlags) -> OnFile | Silence:
    """What is there, or the silence that an adequate study gives."""
    twitching, placed = view.twitching, _placed(view)
    done = tuple(study for study, _ in placed)
    adequate = [(study, relation) for study, relation in placed if study.shows == "facial-nerve"]
    since = [(study, relation) for study, relation in adequate if relation in _SINCE]
    if since:
        study = since[0][0]
        newer = new_hard_flag(flags, study.on)
        if newer is not None:
            return OnFile("before-flag", done, study, newer)
        return _enough(view, study, certain=any(relation == "since" for _, relation in since))
    review = [s for s, relation in adequate if relation == "undated"]
    review += [s for s, relation in placed if s.shows == "brain" and relation != "before"]
    if review:
        return OnFile("review", done, review[0])
    if adequate:
        known = twitching.onset is not None and not twitching.onset_is_recorded_date
        return OnFile("before-onset" if known else "too-old", done, adequate[0][0])
    return OnFile("nothing", done)


def adequate_study(view: View, flags: RedFlags) -> Study | None:
    """The study because of which no other is needed: it shows the nerve, since the onset, and no red flag is newer."""
    since = [study for study, relation in _placed(view) if study.shows == "facial-nerve" and relation in _SINCE]
    return since[0] if since and new_hard_flag(flags, since[0].on) is None else None


def _placed(view: View) -> list[tuple[Study, Relation]]:
    done = studies(view.record, view.today, view.limits)
    return [(study, relation_to_onset(study, view.twitching, view.today, view.limits)) for study in done]


def _enough(view: View, study: Study, certain: bool) -> Silence:
    what = _of(study.evidence)
    onset = view.twitching.onset
    doubt = Phrase("quality/mri-order-uncertain", {**what, "onset": onset.written[:10] if onset else ""})
    return Silence("mri-report-awaited" if study.awaited else "mri-on-file", what, () if certain else (doubt,))


def new_hard_flag(flags: RedFlags, since: PartialDate | None) -> RedFlag | None:
    """A hard flag that is, or by a vague date may be, later than this.

    An onset in childhood is as old as the spasm itself (clinical_rules.md 11).
    """
    newer = (f for f in flags.hard if f.kind != _AT_ONSET and f.on is not None)
    return next((f for f in newer if since is not None and f.on is not None and f.on.latest > since.earliest), None)


def planned_or_settled(view: View, flags: RedFlags) -> Silence | None:
    """Why no MRI need be advised although none is on file: operated, planned, forbidden or refused."""
    operated = _decompressed(view)
    if operated is not None:
        return Silence("decompression", {"what": operated.display})
    for plan in open_plans(view.record, view.today, view.limits):
        if plan.shows == "facial-nerve":
            return Silence("mri-planned", _of(plan.evidence))
    ban = forbidden(view.record, view.today, view.limits)
    if ban is not None:
        return Silence("mri-not-to-be-done", _of(ban.evidence))
    refusal: Plan | None = refused(view.record, view.today, view.limits)
    if refusal is not None and new_hard_flag(flags, refusal.on) is None:
        return Silence("mri-refused", _of(refusal.evidence))
    return None


def _decompressed(view: View) -> Evidence | None:
    """An operation after which the spasm isn't known to have come back; a recording after it is no new onset."""
    done, twitching = decompression(view.record), view.twitching
    if done is None or (done.on is not None and done.on.earliest > view.today):
        return None
    back = any(c.status in _RECURRING for c in view.record.conditions if c.reference in twitching.conditions)
    onset = None if twitching.onset_is_recorded_date else twitching.onset
    began_after = onset is not None and done.on is not None and onset.earliest > done.on.latest
    return None if back or began_after else done.evidence


def _of(evidence: Evidence) -> dict[str, str]:
    return {"what": evidence.display, "date": evidence.date[:10]}
