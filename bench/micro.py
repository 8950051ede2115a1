"""Where the time of one call goes: the stages of the road (`cds_service/answer.py`), in this process, without HTTP.

    python bench/micro.py [BODY …]         names as payloads.py prints them; all but the largest if none

Microseconds a stage, median of many calls on fresh bytes. For finding out where to look, not for comparing machines.
"""

import statistics
import sys
from datetime import date
from itertools import pairwise
from time import perf_counter
from typing import Final

import payloads

from cards.findings import facial_twitching
from cds_service import answer as road
from cds_service.advice import View
from cds_service.app import build_state
from cds_service.desk import Desk, Judged
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import look
from cds_service.fhir.record_reading import read_record
from cds_service.fhir.release import release_of
from cds_service.fhir.server import NoReading
from cds_service.hooks.cards import AnswerJson, encode
from cds_service.hooks.request import read_request
from cds_service.presenting import make_cards
from cds_service.settings import Settings
from cds_service.trust.caller import Caller

SECONDS_EACH: Final = 2.0
MOST_CALLS: Final = 2000


def stages(body: bytes, at: Desk) -> dict[str, float]:
    """Stage → microseconds, of one call. Without a sign of twitching it ends after the quick look, as the road does."""
    marks = [("", perf_counter())]

    def mark(name: str) -> None:
        marks.append((name, perf_counter()))

    request = read_request(body, road.PATIENT_VIEW)
    mark("read_request")
    required = road.look_at_required(request, NoReading())
    mark("prefetch.look, required")
    seen = road.may_show_twitching(required)
    mark("scan, quick look")
    if seen:
        further = {key: look(request.prefetch.get(key), need) for key, need in NEEDS.items() if not need.required}
        looked = {**required, **further}
        mark("prefetch.look, further")
        record = read_record(looked, request.patient_id, at.zone)
        mark("read_record")
        twitching = facial_twitching.notice(record, at.deck.gate_limits, at.today)
        mark("gate")
        verdicts = []
        for card in at.deck.meant_for("clinician"):
            verdicts.append((card, card.advise(View(record, twitching, at.deck.limits_of(card), at.today))))
            mark(f"rule {card.id}")
        judged = Judged(release_of(looked) or "R4", record, twitching, tuple(verdicts))
        cards = make_cards(judged, request, at)
        mark("words and proposals")
        encode(AnswerJson(cards))
        mark("encode")
    return {name: (then - before) * 1e6 for (_, before), (name, then) in pairwise(marks)}


def timed(body: bytes, at: Desk) -> dict[str, float]:
    """The median of each stage, and of them all (`together`)."""
    stages(body, at)  # what is loaded only when needed is loaded now
    taken: list[dict[str, float]] = []
    end = perf_counter() + SECONDS_EACH
    while len(taken) < 3 or (len(taken) < MOST_CALLS and perf_counter() < end):
        one = stages(bytes(bytearray(body)), at)
        taken.append({**one, "together": sum(one.values())})
    return {name: statistics.median(one[name] for one in taken) for name in taken[0]}


def main() -> None:
    settings = Settings(cds_today=date(2026, 6, 15))
    at = build_state(settings).desk(Caller())
    wanted = sys.argv[1:]
    for name, body in payloads.bodies():
        if name in wanted or (not wanted and not name.endswith("5000")):
            print(f"\n{name} ({len(body):,} bytes)")
            for stage, microseconds in timed(body, at).items():
                print(f"{microseconds:>12,.1f} µs  {stage}")


if __name__ == "__main__":
    main()
