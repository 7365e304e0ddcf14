"""A shop with one dependency, guarded and watched: metrics, health, log, traces, alerts.

    STOCK_URL=http://127.0.0.1:9000 uvicorn --factory examples.fastapi_app:create_app

docs/outage.md breaks its dependency and reads the outage. Needs fastapi, uvicorn and the extras prometheus, otel, system.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, make_asgi_app

import resilience as r
from resilience import health, telemetry
from resilience.alerts import Alerts, LogSink, Webhook, default_rules
from resilience.http import AsyncClient
from resilience.integrations.asgi import ResilienceMiddleware
from resilience.integrations.deadlines import AsyncDeadlineTransport
from resilience.telemetry.otel import enable_otel
from resilience.telemetry.prometheus import register
from resilience.telemetry.system import enable_system


def create_app(stock_url: str | None = None, webhook_url: str | None = None, *, tracer_provider: Any = None) -> FastAPI:
    """The app; what is not given comes from `STOCK_URL` and `WEBHOOK_URL`."""
    stock_url = stock_url or os.environ.get("STOCK_URL", "http://127.0.0.1:9000")
    webhook_url = webhook_url or os.environ.get("WEBHOOK_URL")
    stock = r.CircuitBreaker("shop-stock", trip=r.Consecutive(3), reset_timeout=5)
    guard = r.Pipeline(stock, r.Timeout(3), name="ask-stock")

    checks = health.HealthRegistry("shop", version="1.0", ttl=0.5)
    checks.add("stock", health.http(f"{stock_url}/health"), timeout=2)
    checks.add("stock circuit", health.breaker(stock), critical=False)
    checks.add("disk", health.disk("/"), critical=False)

    metrics = CollectorRegistry()
    sinks = [LogSink(), *([] if webhook_url is None else [Webhook(webhook_url)])]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for each in (
                telemetry.enable(),
                telemetry.enable_logging(),
                enable_otel(tracer_provider=tracer_provider, metrics=False),
                enable_system(),
                register(metrics),
                Alerts(*default_rules(), sinks=sinks, interval=1),
            ):
                stack.enter_context(each)
            # The client retries; the breaker counts what it could not mend.
            transport = AsyncDeadlineTransport([stock_url])
            app.state.client = await stack.enter_async_context(
                AsyncClient(transport=transport, attempts=2, backoff=r.Fixed(0.01), breaker=None)
            )
            yield

    app = FastAPI(title="shop", lifespan=lifespan)
    app.add_middleware(ResilienceMiddleware, guards={"/stock": r.Bulkhead(50, name="shop-routes")}, deadline=5)
    app.mount("/health", checks.asgi(details=True))  # behind a public address: without details
    app.mount("/metrics", make_asgi_app(metrics))

    @guard
    async def ask_stock(item: str) -> int:
        response = await app.state.client.get(f"{stock_url}/{item}")
        response.raise_for_status()
        return int(response.text)

    @app.exception_handler(httpx.HTTPStatusError)
    @app.exception_handler(httpx.TransportError)
    async def bad_gateway(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"title": "Bad Gateway", "status": 502}, 502, media_type="application/problem+json")

    @app.get("/stock/{item}")
    async def read_stock(item: str) -> dict[str, object]:
        return {"item": item, "left": await ask_stock(item)}

    return app
