"""Small apps of two frameworks with the middleware around them, and how they are asked."""

import asyncio
import threading
import time

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from resilience.integrations.asgi import ResilienceMiddleware


def starlette(endpoint, **options):
    app = Starlette(routes=[Route("/{rest:path}", endpoint)])
    app.add_middleware(ResilienceMiddleware, **options)
    return app


def fastapi(endpoint, **options):
    app = FastAPI()
    app.add_api_route("/{rest:path}", plain(endpoint))
    app.add_middleware(ResilienceMiddleware, **options)
    return app


def plain(endpoint):
    async def route(rest: str):
        return await endpoint(None)

    return route


def ask(app, path="/", method="GET", **headers):
    async def main():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(main())


def raising(error):
    async def endpoint(request):
        raise error

    return endpoint


async def fine(request):
    return PlainTextResponse("fine")


class Served:
    """A real uvicorn on the loopback."""

    def __init__(self, app):
        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        ends = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < ends
            time.sleep(0.01)
        (socket,) = self.server.servers[0].sockets
        return f"http://127.0.0.1:{socket.getsockname()[1]}/"

    def __exit__(self, *exc_info):
        self.server.should_exit = True
        self.thread.join(20)
