"""The least that a Starlette app needs: refusals as answers, deadlines, probes.

    uvicorn examples.starlette_app:app

Needs starlette, uvicorn and the extra system.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import resilience as r
from resilience import health
from resilience.integrations.asgi import ResilienceMiddleware

checks = health.HealthRegistry("greeter")
checks.add("memory", health.memory(), critical=False)
greeting = r.RateLimiter(5, per=1, name="greeting")


@greeting
async def greet(name: str) -> str:
    """What is limited to five calls a second."""
    return f"hello {name}"


async def hello(request: Request) -> PlainTextResponse:
    """The route; beyond the limit the middleware makes it a 429 with `Retry-After`."""
    return PlainTextResponse(await greet(request.path_params["name"]))


app = Starlette(
    routes=[Route("/hello/{name}", hello), Mount("/health", app=checks.asgi())],
    middleware=[Middleware(ResilienceMiddleware, deadline=10)],
)
