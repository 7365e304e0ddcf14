"""A tape as a mermaid sequence diagram."""

from .tape import Arrow

_LINES = {"call": "->>", "value": "-->>", "error": "--x"}
_ESCAPED = str.maketrans({"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;"})


def drawn(tape, title):
    """The fenced block: participants from left to right, a band wherever time has passed, then what was seen."""
    everybody = [*tape.callers, *tape.places, "callee"]
    lines = ["```mermaid", "sequenceDiagram"]
    lines += [f"    participant {_id(name)}" + f" as {name}" * (" " in name) for name in everybody]
    lines.append(f"    Note over {','.join(dict.fromkeys((tape.places[0], tape.places[-1])))}: {_escaped(title)}")
    now = None
    for entry in tape.entries:
        if entry.at != now:
            now = entry.at
            lines.append(f"    Note over {_id(everybody[0])},callee: at {now:.3g} s")
        lines.append(f"    {_line(entry)}")
    return "\n".join([*lines, "```"])


def _line(entry):
    if isinstance(entry, Arrow):
        return f"{_id(entry.source)}{_LINES[entry.kind]}{_id(entry.target)}: {_escaped(entry.text)}"
    return f"Note over {_id(entry.place)}: {_escaped(entry.text)}"


def _id(name):
    return name.replace(" ", "")


def _escaped(text):
    return "<br/>".join(line.translate(_ESCAPED) for line in text.split("\n"))
