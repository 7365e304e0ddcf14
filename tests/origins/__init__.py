"""Real servers on the loopback for the tests: programmable, counted, quick to end."""

from tests.origins.answers import (
    Step,
    answer,
    big,
    echo,
    event_stream,
    gzip_bomb,
    json_answer,
    redirect,
    unavailable,
    upgrade,
)
from tests.origins.faults import (
    black_hole,
    close_before_headers,
    closed_port,
    die_mid_body,
    die_mid_chunk,
    drip,
    drip_headers,
    garbage,
    hang_before_headers,
    hang_mid_body,
    reset_after_headers,
    reset_before_headers,
)
from tests.origins.origin import Origin
from tests.origins.received import Received

__all__ = [
    "Origin",
    "Received",
    "Step",
    "answer",
    "big",
    "black_hole",
    "close_before_headers",
    "closed_port",
    "die_mid_body",
    "die_mid_chunk",
    "drip",
    "drip_headers",
    "echo",
    "event_stream",
    "garbage",
    "gzip_bomb",
    "hang_before_headers",
    "hang_mid_body",
    "json_answer",
    "redirect",
    "reset_after_headers",
    "reset_before_headers",
    "unavailable",
    "upgrade",
]
