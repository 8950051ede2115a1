"""Opponent (a): Flask reads the body, looks at none of it, answers a constant: the least that Flask costs."""

from flask import Flask, Response, request

app = Flask(__name__)


@app.post("/cds-services/facial-twitching")
def constant() -> Response:
    request.get_data(cache=False)
    return Response(b'{"cards":[]}', mimetype="application/json")


@app.get("/cds-services")
def services() -> Response:
    return Response(b'{"services":[]}', mimetype="application/json")
