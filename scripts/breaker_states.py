"""The breaker's states as a diagram, from its table of transitions; `python -m scripts.breaker_states` writes its page."""

from pathlib import Path

from resilience.policies._state import TRANSITIONS

from .marked import replaced

PAGE = Path(__file__).resolve().parent.parent / "docs" / "policies" / "circuit-breaker.md"


def diagram():
    """The fenced block."""
    lines = [
        f"    {old.value.replace('-', '_')} --> {new.value.replace('-', '_')}: {why}" for old, why, new in TRANSITIONS
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> closed", *lines, "```"])


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text("utf-8"), "states", diagram()), "utf-8")
