"""Opponent (c): HealthChain with its defaults and one constant card. Runs in its own virtualenv (`healthchain.txt`)."""

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import CDSRequest, CDSResponse

app = HealthChainAPI(title="Constant card")
service = CDSHooksService()


@service.hook("patient-view", id="facial-twitching")
def constant(_: CDSRequest) -> CDSResponse:
    return CDSResponse(cards=[{"summary": "A constant card", "indicator": "info", "source": {"label": "Benchmark"}}])


app.register_service(service)
