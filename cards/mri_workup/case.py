"""Everything that the card knows of this patient, gathered once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from cards.findings.coexisting_conditions import Coexisting
from cards.findings.mri_safety import ContrastCaution, SafetyConcern
from cards.findings.red_flags import RedFlags
from cards.mri_workup.on_file import OnFile
from cds_service.advice import Evidence, Listed, Name, Phrase, Values, View


class Case(NamedTuple):
    """`eyelid` is the variant for twitching of one eyelid alone, without anything that raises the card. `coexisting` is
    what the differential review would say, which says nothing while this card speaks (clinical_rules.md 11, item 16).
    """

    view: View
    flags: RedFlags
    on_file: OnFile
    concerns: tuple[SafetyConcern, ...]
    cautions: tuple[ContrastCaution, ...]
    eyelid: bool
    coexisting: tuple[Coexisting, ...]


@cache
def labels() -> Mapping[str, Mapping[str, Name]]:
    """The short names of `labels.toml`."""
    tables = tomllib.loads((resources.files("cards.mri_workup") / "labels.toml").read_text(encoding="utf-8"))
    return {table: {key: Name(name) for key, name in names.items()} for table, names in tables.items()}


def values_of(case: Case) -> Values:
    """What the summary, the orders and the tasks may name."""
    study, concern = case.on_file.study, case.concerns[0] if case.concerns else None
    raising = case.flags.hard or case.flags.soft
    newest = case.on_file.newer
    return {
        "side": labels()["side"][case.view.twitching.side],
        "flag": newest.label if newest else Listed(tuple(flag.label for flag in raising)),
        "date": study.evidence.date[:10] if study else "",
        "device": labels()["device"][concern.kind] if concern else "",
        "what": concern.evidence.display if concern else "",
        "eyelid_months": eyelid_months(case.view),
    }


def eyelid_months(view: View) -> int:
    """`eyelid_days` as the words say it; its `step` keeps to whole months of 30 days."""
    return int(view.limits["eyelid_days"]) // 30


def shown(seen: Evidence) -> Values:
    """A resource as the text names it: its label and its day, without the time."""
    return {"what": seen.display, "date": seen.date[:10]}


def dated(block: str, values: Values) -> Phrase:
    """The block, or its form for what has no date."""
    return Phrase(block if values["date"] else f"{block}-undated", values)
