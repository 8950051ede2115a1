"""The routes of the contract but the pages."""

import re
import sys
from typing import Final, get_args

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from cds_service.answer import Answer, answer
from cds_service.fhir.needs import templates
from cds_service.hooks.discovery import discovery
from cds_service.hooks.feedback import as_note, read_feedback
from cds_service.hooks.identifiers import known_uuid
from cds_service.hooks.problem import Problem
from cds_service.hooks.services import SERVICES, Service
from cds_service.telemetry.logs import log
from cds_service.trust.refused import Reason
from cds_service.web.policy import caller, clients_only, open_to_all
from cds_service.web.state import state

blueprint = Blueprint("cds", __name__)
JSON: Final = "application/json"
_PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_JSON_TYPE: Final = re.compile(r"\s*application/([\w.-]+\+)?json\s*(;|$)", re.IGNORECASE)


@blueprint.get("/cds-services", strict_slashes=False)
@clients_only
def services() -> Response:
    document = discovery(templates(full=state().settings.prefetch == "full"))
    return Response(msgspec.json.encode(document), mimetype=JSON, headers={"Cache-Control": "no-cache"})


@blueprint.post("/cds-services/<service>")
@clients_only
def call(service: str) -> Response:
    known = _known(service)
    body = _json_body()
    at = state()
    said = answer(body, at.desk(caller()), known)
    if said.cards:
        log().info("answered", service=service, hookInstance=known_uuid(said.hook_instance), cards=said.cards)
    if said.silent:
        _note_silent(said, service)
    return Response(said.body, mimetype=JSON, headers=_PRIVATE)


def _note_silent(said: Answer, service: str) -> None:
    """What a site watches before it shows a card."""
    from cds_service.telemetry import metrics

    for spoken in said.silent:
        metrics.cards_silent.labels(*spoken).inc()
        log().info("silent", service=service, hookInstance=known_uuid(said.hook_instance), **spoken._asdict())


@blueprint.post("/cds-services/<service>/feedback")
@clients_only
def feedback(service: str) -> Response:
    _known(service)
    reasons = {override.code for card in state().deck.cards for override in card.overrides}
    for item in read_feedback(_json_body()):
        log().info("feedback", service=service, **as_note(item, reasons))
    return Response(b"{}", mimetype=JSON)


@blueprint.get("/healthz")
@open_to_all
def healthz() -> Response:
    return Response(b'{"status":"ok"}', mimetype=JSON)


@blueprint.get("/readyz")
@open_to_all
def readyz() -> Response:
    """Degraded is not down: old keys go on, a client without keys is one of several, a database comes back."""
    at = state()
    said: dict[str, object] = {"status": "ready", "deck": {card.id: card.version for card in at.deck.cards}}
    if clients := at.door.clients:
        database = at.database.state()
        fine = database == "ready" and set(clients.values()) == {"fresh"}
        said["status"] = "ready" if fine else "degraded"
        said["database"] = database
        said["clients"] = {name: {"keys": keys} for name, keys in clients.items()}
    return Response(msgspec.json.encode(said), mimetype=JSON)


@blueprint.get("/metrics")
@open_to_all
def counted() -> Response:
    from cds_service.telemetry import metrics

    for reason in get_args(Reason):
        metrics.callers_refused.labels(reason)  # shown from 0, so that the first refusal is seen as a rise
    for card in state().deck.cards:
        for situation in card.order if card.mode == "silent" else ():
            metrics.cards_silent.labels(card.id, situation)
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _known(service: str) -> Service:
    found = SERVICES.get(service)
    if found is None:
        text = f"There is no such service here; GET /cds-services lists what there is ({', '.join(SERVICES)})."
        raise Problem(404, "not-found", text)
    return found


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
