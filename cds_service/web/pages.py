"""Pages for people: what this is and how to call it, and each card's evidence, straight from the deck."""

from flask import Blueprint, Response, render_template

from cds_service.hooks.problem import Problem
from cds_service.web.policy import open_to_all
from cds_service.web.state import state

blueprint = Blueprint("pages", __name__, template_folder="templates")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _page(template: str, **values: object) -> Response:
    answer = Response(render_template(template, **values), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer


@blueprint.get("/")
@open_to_all
def start() -> Response:
    at = state()
    return _page("start.html", base_url=at.settings.base_url, cards=at.deck.cards, trial=at.settings.cds_today)


@blueprint.get("/cards", strict_slashes=False)
@open_to_all
def cards() -> Response:
    return _page("cards.html", cards=state().deck.cards)


@blueprint.get("/cards/<card_id>")
@open_to_all
def evidence(card_id: str) -> Response:
    deck = state().deck
    card = next((card for card in deck.cards if card.id == card_id), None)
    if card is None:
        raise Problem(404, "not-found", "There is no such card; /cards lists them.")
    limits = {**card.limits, **deck.shared_limits}
    cited = deck.cited_by(limits.values())
    return _page(
        "card.html", card=card, shared_limits=deck.shared_limits, cited=cited, when=card.guideline, site=deck.site
    )
