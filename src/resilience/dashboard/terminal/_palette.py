"""The colours: those of Okabe and Ito, which people tell apart who see fewer. Each also comes with a sign and a word.

Source: Okabe, Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/.
"""

from __future__ import annotations

from rich.style import Style

GREEN, ORANGE, VERMILION, PURPLE, SKY = "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#56b4e9"
GROUND, EDGE, TEXT, SOFT, CURSOR = "#0b0f17", "#2b3950", "#e6edf7", "#8a9ab3", "#1f3048"

PLAIN = Style()
UNDER_ALL = Style(bgcolor=GROUND)
NORMAL = Style(color=TEXT)
STRONG = Style(color=TEXT, bold=True)
QUIET = Style(color=SOFT)
FAINT = Style(color=EDGE)
LINE = Style(color=SKY)
BAR = Style(bgcolor="#141c2b")
UNDER_CURSOR = Style(bgcolor=CURSOR)

HEALTH = {
    "good": Style(color=GREEN),
    "middling": Style(color=ORANGE),
    "bad": Style(color=VERMILION, bold=True),
    "quiet": QUIET,
    "off": Style(color=PURPLE),
}
LEVELS = {
    "debug": QUIET,
    "info": LINE,
    "warning": HEALTH["middling"],
    "error": HEALTH["bad"],
    "critical": Style(color=VERMILION, bold=True, reverse=True),
}
SIGNS = {"bad": "▲", "middling": "●", "off": "◌", "good": "✓", "quiet": "-"}
LEVEL_SIGNS = {"debug": "·", "info": "-", "warning": "●", "error": "▲", "critical": "▲"}
SERVICE_WORDS = {"good": "online", "middling": "degraded", "bad": "offline", "quiet": "waiting"}
POLICY_WORDS = {"good": "well", "middling": "strained", "bad": "failing", "quiet": "quiet", "off": "off"}
ORDER = {"bad": 0, "middling": 1, "off": 2, "good": 3, "quiet": 4}
