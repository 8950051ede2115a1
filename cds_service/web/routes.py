"""The routes of the contract but the pages. All are open: nobody is asked who calls yet (see the README)."""

import re
import sys
from typing import Final

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from cds_service.answer import answer
from cds_service.fhir.needs import templates
from cds_service.hooks.discovery import SERVICE_ID, discovery
from cds_service.hooks.feedback import as_note, read_feedback
from cds_service.hooks.identifiers import known_uuid
from cds_service.hooks.problem import Problem
from cds_service.telemetry.logs import log
from cds_service.web.state import state

blueprint = Blueprint("cds", __name__)
JSON: Final = "application/json"
_PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_JSON_TYPE: Final = re.compile(r"\s*application/([\w.-]+\+)?json\s*(;|$)", re.IGNORECASE)


@blueprint.get("/cds-services", strict_slashes=False)
def services() -> Response:
    document = discovery(templates(full=state().settings.prefetch == "full"))
    return Response(msgspec.json.encode(document), mimetype=JSON, headers={"Cache-Control": "no-cache"})


@blueprint.post("/cds-services/<service>")
def call(service: str) -> Response:
    _known(service)
    body = _json_body()
    at = state()
    said = answer(body, at.deck, at.settings.base_url, at.settings.today(), at.zone)
    if said.cards:
        log().info("answered", service=service, hookInstance=known_uuid(said.hook_instance), cards=said.cards)
    return Response(said.body, mimetype=JSON, headers=_PRIVATE)


@blueprint.post("/cds-services/<service>/feedback")
def feedback(service: str) -> Response:
    _known(service)
    reasons = {override.code for card in state().deck.cards for override in card.overrides}
    for item in read_feedback(_json_body()):
        log().info("feedback", service=service, **as_note(item, reasons))
    return Response(b"{}", mimetype=JSON)


@blueprint.get("/healthz")
def healthz() -> Response:
    return Response(b'{"status":"ok"}', mimetype=JSON)


@blueprint.get("/readyz")
def readyz() -> Response:
    deck = {card.id: card.version for card in state().deck.cards}
    return Response(msgspec.json.encode({"status": "ready", "deck": deck}), mimetype=JSON)


def _known(service: str) -> None:
    if service != SERVICE_ID:
        raise Problem(
            404, "not-found", f"There is no such service here; GET /cds-services lists what there is ({SERVICE_ID})."
        )


def _json_body() -> bytes:
    kind = request.environ.get("CONTENT_TYPE", "")
    if kind != JSON and not _JSON_TYPE.match(kind):
        raise Problem(415, "not-supported", "Send the body as application/json.")
    if request.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise Problem(415, "not-supported", "Send the body without Content-Encoding; compressed bodies are not read.")
    body = request.get_data(cache=False)
    # A chunked body names no length beforehand, and is cut at the limit instead of refused.
    if request.content_length is None and len(body) >= (request.max_content_length or sys.maxsize):
        raise RequestEntityTooLarge
    return body
