"""R9 – new facial weakness, stroke or seizure in a patient with facial twitching (clinical_rules.md 5–9, 7; 11, items
20 and 21).

When    hemifacial spasm (of both sides too) or twitching of the face, its side known or not, and a current entry of a
        stroke or TIA, a seizure, or facial weakness (a facial palsy too) whose onset is today, or at a time of
        yesterday.
Then    critical: consider the emergency pathway, and nothing else. No other card is shown beside it.
Unless  it is old or past, resolved, refuted, denied, about the family, or what is left of an old one.
        Where the record does not tell whether it is new (noted today without an onset, or since yesterday without a
        time), it stays silent and asks on whatever card is shown.
The clock is a date: a time of yesterday counts as within 24 hours. A mere date of yesterday does not (11, item 20): it
may be 47 hours old, and then all other advice would be withheld for it. So nothing is said of it in a chart for which
no other card is shown; a site that dates strokes by the day should know that.
"""

from collections.abc import Iterator
from datetime import timedelta

from cards.findings.botulinum_history import history
from cards.findings.emergency import Acute, acute_entries
from cds_service.advice import Advice, Finding, Name, Phrase, Silence, Values, View

_NOT_FOR = ("none", "mimic", "tardive", "post-paralytic")


def advise(view: View) -> Advice | Silence:
    """The advice of R9, or why there is none. Card limit used here: `botulinum_weakness_days`."""
    kind = view.twitching.kind
    if kind in _NOT_FOR:
        return Silence("no-twitching" if kind == "none" else kind)
    entries = acute_entries(view.record, view.twitching, view.today, view.limits)
    new = tuple(entry for entry in entries if entry.is_new)
    return _advice(view, new) if new else _silence(view, entries)


def _silence(view: View, unsure: tuple[Acute, ...]) -> Silence:
    if not unsure:
        return Silence("nothing-new", {"hours": int(view.limits["emergency_hours"])})
    quality = tuple(Phrase("quality/perhaps-new", _values(view, entry)) for entry in unsure)
    return Silence("perhaps-new", _values(view, unsure[0]), quality)


def _advice(view: View, new: tuple[Acute, ...]) -> Advice:
    return Advice(
        situation=new[0].kind,
        indicator="critical",
        values=_values(view, new[0]),
        findings=tuple(Finding("emergency", _values(view, entry), (entry.evidence,)) for entry in new),
        detail=tuple(_detail(view, new)),
    )


def _detail(view: View, new: tuple[Acute, ...]) -> Iterator[Phrase]:
    kinds = tuple(dict.fromkeys(entry.kind for entry in new))
    for entry in new:
        yield Phrase("line/entry", _values(view, entry))
    for kind in kinds:
        if kind != "facial-weakness" or "stroke" not in kinds:
            yield Phrase(f"line/{kind}")
    if "facial-weakness" in kinds:
        yield from _injection(view)
        yield Phrase("line/palsy")
    yield Phrase("line/withheld")
    yield Phrase("line/not-a-diagnosis")


def _injection(view: View) -> Iterator[Phrase]:
    """Botulinum toxin that may weaken the face these days."""
    last = history(view.record, view.today, view.limits).last_injected
    first = view.today - timedelta(days=view.limits["botulinum_weakness_days"])
    if last is not None and last.is_for_the_face and last.on.latest >= first:
        yield Phrase("line/injection", {"date": last.on.written[:10]})


def _values(view: View, entry: Acute) -> Values:
    hours = int(view.limits["emergency_hours"])
    return {"what": entry.evidence.display, "date": entry.since or Name("no date"), "hours": hours}
