"""What is deployed: facts gathered from a JSON document and from headers, under the names that people give them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from itertools import islice

from resilience._masking import line
from resilience._record import Record
from resilience.miniapp._document import array, mapping, parsed

_DEEPEST = 4
_MOST_KEYS = 2000
# What stands below these is no fact of the service itself but of what it runs on, or needs.
_OTHERS = frozenset(
    {"java", "jvm", "runtime", "os", "python", "php", "ruby", "dotnet", "node", "vendor", "kernel", "framework"}
    | {"spring", "dependencies", "checks", "components", "details"}
)

# Names as they are after `_plain`, best first. A dotted name is a path's end: `git.commit.id` of Spring's actuator.
_NAMES = {
    "version": "version appversion applicationversion releaseversion build.version release releaseid tag imagetag "
    "image.tag",
    "commit": "commit.id.full commit.id commit.sha commit.hash commitsha commithash commitid commit gitcommit gitsha "
    "githash gitrevision git.sha git.commit revision sha vcsref sourceversion sourcecommit",
    "deployed_at": "deployedat deployeddate deploytime deploymenttime deploymentdate deploydate releasedat releasedate "
    "build.time buildtime builddate buildtimestamp builtat commit.time committime",
    "environment": "environment env appenv deploymentenvironment nodeenv stage tier activeprofiles profile",
    "server": "server hostname host instance instanceid podname pod node nodename machine machinename",
    "region": "region awsregion flyregion cloudregion location datacenter dc availabilityzone zone pop",
}
_HEADERS = {
    "version": "x-app-version x-application-version x-version x-release x-release-version x-build-version",
    "commit": "x-commit x-commit-sha x-git-commit x-git-sha x-git-revision x-revision x-build-commit",
    "deployed_at": "x-deployed-at x-deploy-time x-build-time x-build-date",
    "environment": "x-environment x-env x-app-env",
    "server": "x-hostname x-instance x-instance-id x-served-by x-backend-server x-server server",
    "region": "x-region x-aws-region fly-region x-amz-cf-pop",
}
# Identifiers of requests that carry the place they were served at.
_PLACES = {"cf-ray": r"-([A-Z]{3})$", "fly-request-id": r"-([a-z]{3})$", "x-vercel-id": r"^([a-z]{3}\d)::"}


class Facts(Record):
    """What is known of a deployment; `None` for what is not told.

    Attributes:
        version: of the service, as it names it.
        commit: of its source.
        deployed_at: when, as ISO 8601 in UTC where it can be read, else as it is told.
        environment: production, staging, ...
        server: the machine, pod or server software that answered.
        region: where that is.
    """

    version: str | None = None
    commit: str | None = None
    deployed_at: str | None = None
    environment: str | None = None
    server: str | None = None
    region: str | None = None


def read_facts(headers: Mapping[str, str], body: bytes = b"") -> Facts:
    """Facts of one answer; the document is believed before the headers. Never raises.

    >>> read_facts({"server": "nginx"}, b'{"app": {"version": "1.2"}, "git": {"commit": {"id": "8e03"}}}').commit
    '8e03'
    """
    told = dict(_told(parsed(body)))
    found = {fact: _first(names.split(), told) or _of_headers(fact, headers) for fact, names in _NAMES.items()}
    found["deployed_at"] = _moment(found["deployed_at"])
    return Facts(**found)


def _told(document: object) -> Iterator[tuple[str, str]]:
    """Every scalar of a document by its plain path, deepest first, so that in a dict the shallowest wins."""
    level: list[tuple[str, object]] = [("", document)]
    scalars: list[tuple[str, str]] = []
    for _ in range(_DEEPEST + 1):
        below: list[tuple[str, object]] = []
        for path, value in level[:_MOST_KEYS]:
            inner = mapping(value)
            if inner is None:
                scalars.append((path, _text(value)))
            elif path.rpartition(".")[2] not in _OTHERS:
                below.extend((f"{path}.{_plain(key)}", each) for key, each in islice(inner.items(), _MOST_KEYS))
        level = below
    return ((path, text) for path, text in reversed(scalars) if text)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name[:60].lower())


def _text(value: object) -> str:
    several = array(value) or []
    if several and all(isinstance(each, str) for each in several):
        return line(", ".join(several[:5]))
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return line(str(value)) if not isinstance(value, int) or abs(value) < 10**20 else ""


def _first(names: list[str], told: Mapping[str, str]) -> str | None:
    for name in names:
        ending = f".{name}"
        matching = [path for path in told if path.endswith(ending)]
        if matching:
            return told[min(matching, key=lambda path: path.count("."))]
    return None


def _of_headers(fact: str, headers: Mapping[str, str]) -> str | None:
    for name in _HEADERS[fact].split():
        if value := line(headers.get(name) or ""):
            return value
    if fact == "region":
        for name, pattern in _PLACES.items():
            if place := re.search(pattern, headers.get(name) or ""):
                return place[1]
    return None


def _moment(text: str | None) -> str | None:
    """A moment as ISO 8601 in UTC: from ISO, an HTTP date, or seconds or milliseconds since the epoch."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{9,13}(\.\d+)?", text):
            seconds = float(text)
            moment = dt.datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, dt.UTC)
        else:
            moment = _parsed(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC).replace(microsecond=0).isoformat()
    except (ValueError, OverflowError, TypeError, IndexError, OSError):
        return text


def _parsed(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
