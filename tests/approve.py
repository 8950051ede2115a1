"""Writes the approved answers anew: `make approve`. Then read the diff: it is what clinicians will see."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.app import create_app
from cds_service.hooks.request import hook_of
from cds_service.hooks.services import answering
from cds_service.settings import Settings
from tests import read_aloud

REQUESTS = Path(__file__).parents[1] / "fhir_fixtures" / "requests"
OVERVIEW = REQUESTS.parent / "patients" / "cards.md"
CLOCK = date(2026, 6, 15)


def answer_to(path: Path) -> dict[str, Any]:
    """What the service says to a recorded request: status and body, with the random uuids numbered."""
    client = create_app(Settings(cds_today=CLOCK, log_level="error")).test_client()
    answer = client.post(address_of(path), data=path.read_bytes(), content_type="application/json")
    return {"status": answer.status_code, "body": _numbered(answer.json, [0])}


def address_of(path: Path) -> str:
    """The service that a recorded request was sent to: the one for its hook."""
    return f"/cds-services/{answering(hook_of(path.read_bytes())).id}"


def _numbered(value: Any, counter: list[int]) -> Any:
    if isinstance(value, dict):
        for key in value:
            if key == "uuid":
                counter[0] += 1
                value[key] = f"uuid-{counter[0]}"
            else:
                _numbered(value[key], counter)
    elif isinstance(value, list):
        for part in value:
            _numbered(part, counter)
    return value


def overview() -> str:
    """A table of the invented patients: story, and what their chart says at the fixed clock."""
    from fhir_fixtures.people import everybody

    client = create_app(Settings(cds_today=CLOCK, log_level="error")).test_client()
    lines = [f"# What each invented patient's chart says on {CLOCK.isoformat()}", ""]
    for person in everybody():
        prefetch = json.loads((OVERVIEW.parent / f"{person.name}.r4.json").read_text(encoding="utf-8"))
        body = {
            "hook": "patient-view",
            "hookInstance": "i",
            "context": {"patientId": person.name},
            "prefetch": prefetch,
        }
        cards = client.post("/cds-services/facial-twitching", json=body).json["cards"]
        lines += [f"**{person.name}** – {person.story}", ""]
        lines += [f"- `{c['source']['topic']['code']}` {c['indicator']}: {c['summary']}" for c in cards] or [
            "- no card"
        ]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    OVERVIEW.write_text(overview(), encoding="utf-8")
    for path in sorted(REQUESTS.glob("*.request.json")):
        approved = path.with_name(path.name.replace(".request.", ".response."))
        approved.write_text(json.dumps(answer_to(path), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(approved.name)
    read_aloud.main()
    write_tables()


def write_tables() -> None:
    """The tables of docs/ehr that are made of the deck and the needs, over the old ones with the same heads."""
    from tests import test_docs

    def put(page: str, wanted: str) -> None:
        head = wanted.partition("\n")[0]
        old = re.search(rf"^{re.escape(head)}\n(?:\|.*(?:\n|$))+", test_docs.text(page), re.MULTILINE)
        assert old, f"docs/ehr/{page} has no table {head}"
        (test_docs.EHR / page).write_text(test_docs.text(page).replace(old[0], f"{wanted}\n"), encoding="utf-8")

    test_docs.must_hold = put
    test_docs.test_the_prefetch_templates_are_those_of_discovery()
    test_docs.test_the_override_reasons_are_those_of_the_deck()
    test_docs.test_the_links_are_those_of_the_deck()
    test_docs.test_the_cards_are_those_of_the_deck()


if __name__ == "__main__":
    main()
