"""The packages that this library can use, and those that it must be told about."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

# Distribution -> the extra that brings it; empty for the core.
PACKAGES = {
    "cachetools": "",
    "httpx": "",
    "pydantic": "",
    "pydantic-settings": "",
    "python-dotenv": "",
    "rich": "cli",
    "httpx2": "httpx2",
    "trio": "trio",
    "prometheus-client": "prometheus",
    "opentelemetry-api": "otel",
    "structlog": "structlog",
    "psutil": "system",
    "textual": "tui",
    "starlette": "web",
    "uvicorn": "web",
    "matplotlib": "plots",
    "http-sf": "ratelimit-headers",
    "redis": "redis",
}
# SDKs that retry by themselves, how often, and what turns that off.
RETRYING = {
    "openai": (2, "OpenAI(max_retries=0, http_client=...)"),
    "anthropic": (2, "Anthropic(max_retries=0, http_client=...)"),
}


def installed(distribution: str) -> str | None:
    """The version that is installed, or nothing."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
