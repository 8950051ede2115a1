"""Every error as JSON, an OperationOutcome: no stack trace, nothing of the caller's data, and to who is not let in not
even why.
"""

from typing import Final

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cds_service.hooks.problem import Problem, operation_outcome
from cds_service.telemetry.logs import log, where
from cds_service.trust.refused import Refused
from cds_service.trust.unavailable import ReplaysUnavailable

_FHIR_JSON: Final = "application/json"
_CODES: Final = {404: "not-found", 405: "not-supported", 413: "too-long", 415: "not-supported"}


def _respond(problem: Problem) -> Response:
    return Response(msgspec.json.encode(operation_outcome(problem)), problem.status, mimetype=_FHIR_JSON)


def register_problems(app: Flask) -> None:
    limit = app.config["MAX_CONTENT_LENGTH"]
    texts = {
        404: "There is nothing at this address; GET /cds-services lists the services.",
        405: "This address does not take that method.",
        413: f"The body is larger than {limit} bytes (MAX_BODY_MB).",
    }

    @app.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        log().info("refused", status=problem.status, code=problem.code, expression=problem.expression)
        return _respond(problem)

    @app.errorhandler(Refused)
    def _refused(refused: Refused) -> Response:
        from cds_service.telemetry import metrics

        # The route's pattern, not the address: that may hold the caller's words.
        named = {"client": refused.client} if refused.client else {}
        log().info("refused", status=401, reason=refused.reason, route=str(request.url_rule), **named)
        metrics.callers_refused.labels(refused.reason).inc()
        answer = _respond(Problem(401, "login", "Not authorised."))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @app.errorhandler(ReplaysUnavailable)
    def _no_replays(unavailable: ReplaysUnavailable) -> Response:
        log().error("replays", status=503, problem=str(unavailable))
        answer = _respond(Problem(503, "transient", "The service cannot check who calls just now; try again shortly."))
        answer.headers["Retry-After"] = "5"
        return answer

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        text = texts.get(status, "The request could not be understood.")
        answer = _respond(Problem(status, _CODES.get(status, "processing"), text))
        if status == 405:
            answer.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return answer

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log().error("failed", **where(error))
        return _respond(
            Problem(500, "exception", "The service failed on this request; its operators find the place in the log.")
        )
