"""What to call an entry that came as a bare code, and how to name its day along with it."""

from cards.value_sets import value_set
from cds_service.advice import Listed, Value
from cds_service.record import Concept


def label(concept: Concept, *value_set_names: str) -> str:
    """Its own words, else the display of the first of these value sets that knows its code, else the code."""
    if concept.words:
        return concept.label
    rows = (value_set(name).match(concept) for name in value_set_names)
    return next((row["display"] for row in rows if row), concept.label)


def dated(what: Value, on: str) -> Value:
    """`Gentamicin (2026-06-10)`; without a date just what it is."""
    return Listed((what, Listed(("(", on[:10], ")"), "")), " ") if on else what
