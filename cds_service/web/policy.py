"""Who may call which route: each declares it, open to all or clients only (a guard test sees to it).

`clients_only` stands before everything that a route does: before the body is read, and before it is said whether the
service exists.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Response, g, request

from cds_service.trust.caller import Caller
from cds_service.web.state import state

Route = TypeVar("Route", bound=Callable[..., Response])
POLICY: Final = "who_may_call"


def open_to_all(route: Route) -> Route:
    """For what shows no more than the documentation does: health, metrics, pages for people."""
    setattr(route, POLICY, "all")
    return route


def clients_only(route: Route) -> Route:
    """Everybody, as long as no clients are configured: the door decides."""

    @wraps(route)
    def guarded(**values: Any) -> Response:
        g.caller = state().door.admit(request.headers.get("Authorization"), request.path)
        return route(**values)

    setattr(guarded, POLICY, "clients")
    return cast("Route", guarded)


def caller() -> Caller:
    """Who calls, in a route for clients only."""
    return cast("Caller", g.caller)
