"""R10: what a patient or a relative can do (clinical_rules.md 5–9, 6 rows 7, 12, 13 and 26; 11 item 21).

When    facial twitching on file, and a patient or a relative opened the chart (`audience` in card.toml).
Then    in plain words: rest, less caffeine [S1][S2][E14], vitamin D and magnesium only if a test showed too little,
        chamomile with a blood thinner [K], no driving while an eye closes [S1], when to call, when to get help at once.
        A stroke, a fit or a weak face that is new today comes first, and makes it critical.
Unless  after a facial palsy; another movement disorder only; dormant.
Nothing is said here of a single result, medicine or date, and nothing is ordered.
"""

from typing import Final

from cards.findings.emergency import emergencies
from cds_service.advice import Advice, Finding, Phrase, Silence, View

_FOR: Final = ("hemifacial-spasm", "bilateral", "possible", "undetermined")
_HELP: Final = Phrase("line/call-at-once")
_TIPS: Final = tuple(Phrase(f"line/{name}") for name in ("about", "may-help", "take-care", "call"))
_FOR_WHOM: Final = Phrase("line/for-whom")


def advise(view: View) -> Advice | Silence:
    """The same words for everybody, and before them the ones for an emergency."""
    kind = view.twitching.kind
    if kind not in _FOR:
        return Silence("no-twitching" if kind == "none" else kind)
    acute = emergencies(view.record, view.twitching, view.today, view.limits)
    if view.twitching.dormant and not acute:
        return Silence("dormant")
    noted = Finding("self-care", evidence=view.twitching.evidence)
    if not acute:
        detail = (noted.sentence, *_TIPS, _HELP, _FOR_WHOM)
        return Advice("self-care", "info", {}, (noted,), detail)
    emergency = Finding("emergency", evidence=tuple(entry.evidence for entry in acute))
    detail = (emergency.sentence, _HELP, noted.sentence, *_TIPS, _FOR_WHOM)
    return Advice("self-care-emergency", "critical", {}, (emergency, noted), detail)
