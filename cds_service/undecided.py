"""412: what could not be decided, and what the caller can do about it. Never confused with "nothing to say"."""

from collections.abc import Mapping

from cds_service.fhir.needs import REQUIRED
from cds_service.fhir.prefetch import Looked
from cds_service.fhir.server import NoReading, Reading
from cds_service.hooks.problem import Problem
from cds_service.hooks.request import HookRequest


def demand_complete(looked: Mapping[str, Looked]) -> None:
    """Raises Problem where pages of a required need were not read: that nothing is there was not shown."""
    unread = {need.key: looked[need.key].problem for need in REQUIRED if looked[need.key].state == "incomplete"}
    if unread:
        raise Problem(
            412,
            "incomplete",
            f"The absence of facial twitching was not shown: {_named(unread)}. Prefetch all pages.",
            tuple(f"Request.prefetch.{key}" for key in unread),
        )


def cannot_be_had(missing: Mapping[str, str], request: HookRequest, reading: Reading | NoReading) -> Problem:
    """`missing` are the needs and what is wrong with each."""
    text = f"These needs could not be had: {_named(missing)}. Send them in prefetch, as the discovery document asks."
    if isinstance(reading, NoReading) and reading.why:
        text += f" {reading.why}"
    if not request.prefetch:
        text += (
            " The request holds no prefetch at all;"
            " check that the endpoint's address is registered exactly as in discovery."
        )
    return Problem(412, "required", text, tuple(f"Request.prefetch.{key}" for key in missing))


def _named(problems: Mapping[str, str]) -> str:
    return ", ".join(f"{key} ({problem})" for key, problem in problems.items())
