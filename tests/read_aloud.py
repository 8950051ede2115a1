"""An answer as a person reads it, in one language: the approved texts of `fhir_fixtures/languages/`."""

from pathlib import Path
from typing import Any

from cds_service.app import create_app
from cds_service.languages import Language
from cds_service.settings import Settings
from tests.desks import TODAY

FIXTURES = Path(__file__).parents[1] / "fhir_fixtures"
CONVERSATIONS = ("sandbox-hfs-right", "patient-opens-own-chart")


def approved(conversation: str, language: Language) -> Path:
    return FIXTURES / "languages" / f"{conversation}.{language}.md"


def said(conversation: str, language: Language) -> dict[str, Any]:
    client = create_app(Settings(cds_today=TODAY, log_level="error", language=language)).test_client()
    sent = (FIXTURES / "requests" / f"{conversation}.request.json").read_bytes()
    answer: dict[str, Any] = client.post(
        "/cds-services/facial-twitching", data=sent, content_type="application/json"
    ).json
    return answer


def read_aloud(answer: dict[str, Any]) -> str:
    return "\n\n".join(_card(card) for card in answer["cards"]) + "\n"


def _card(card: dict[str, Any]) -> str:
    source, links = card["source"], card.get("links", ())
    parts = [
        f"# {card['summary']}",
        f"{card['indicator']} · {source['label']} · {source['topic']['display']}",
        card["detail"],
        *(_suggestion(suggestion) for suggestion in card.get("suggestions", ())),
        "\n".join(f"- [ ] {why['display']}" for why in card["overrideReasons"]),
        "\n".join(f"- {link['label']}: {link['url']}" for link in links),
    ]
    return "\n\n".join(part for part in parts if part)


def _suggestion(suggestion: dict[str, Any]) -> str:
    lines = [f"## {suggestion['label']}"]
    for action in suggestion["actions"]:
        resource = action["resource"]
        title = resource.get("description") or resource["code"]["text"]
        notes = [note["text"] for note in resource.get("note", ())]
        lines.append("\n".join((f"- {action['description']}", *(f"  - {text}" for text in (title, *notes)))))
    return "\n\n".join((lines[0], "\n".join(lines[1:])))


def main() -> None:
    for language in ("de", "es", "fr"):
        for conversation in CONVERSATIONS:
            file = approved(conversation, language)
            file.parent.mkdir(exist_ok=True)
            file.write_text(read_aloud(said(conversation, language)), encoding="utf-8")


if __name__ == "__main__":
    main()
