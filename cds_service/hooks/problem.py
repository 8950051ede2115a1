"""What went wrong, said so that the caller can mend it: the source of every error answer. Never holds the caller's
data.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 – it is what the caller is told
    """An error answer: HTTP status, FHIR issue code, what happened and what to do, and where in the request."""

    status: int
    code: str
    text: str
    expression: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


def operation_outcome(problem: Problem) -> dict[str, Any]:
    """The FHIR OperationOutcome that is sent as the body (the same shape in every release since DSTU2)."""
    issue: dict[str, Any] = {"severity": "error", "code": problem.code, "details": {"text": problem.text}}
    if problem.expression:
        issue["expression"] = list(problem.expression)
    return {"resourceType": "OperationOutcome", "issue": [issue]}
