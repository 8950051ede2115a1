"""What to call an entry that came as a bare code."""

from cards.value_sets import value_set
from cds_service.record import Concept


def label(concept: Concept, *value_set_names: str) -> str:
    """Its own words, else the display of the first of these value sets that knows its code, else the code."""
    if concept.words:
        return concept.label
    rows = (value_set(name).match(concept) for name in value_set_names)
    return next((row["display"] for row in rows if row), concept.label)
