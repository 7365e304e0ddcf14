"""The command line: `resilience COMMAND`, also as `python -m resilience COMMAND`."""

from __future__ import annotations

import errno
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from .. import __version__
from .._masking import printable
from .._pages import linked
from ..errors import ResilienceError
from ._commands import COMMANDS
from ._mistake import Mistake
from ._parser import Parser

__all__ = ["main"]

_MISTAKE = 2
_UNWRITTEN = 3
# A write that fails for these has met the end of a disk, or of a share of it; the command itself was right.
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)})
_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code.

    A mistake of the user is one line on standard error and code 2, never a traceback; Ctrl-C is 130; a reader of the
    output that went away, as `head` does, is 141; output that cannot be written, to a full disk, is 3.

    >>> main(["--version"])
    resilience ...
    0
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us, a scheduler perhaps, to whom the exit code is enough
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # an ASCII terminal must not turn an ellipsis into a traceback
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return _BROKEN_PIPE
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _forget_output()
        return _tell(f"cannot write the output: {error.strerror}", _UNWRITTEN)
    except Mistake as mistake:
        return _tell(linked(str(mistake), _page(words)))
    except ResilienceError as error:
        if isinstance(error, ValueError):  # refused settings; anything else is no mistake of the user
            return _tell(str(error))
        raise
    return code


def _forget_output() -> None:
    """What is left in the buffer would be written, and fail, once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(mistakes: str, code: int = _MISTAKE) -> int:
    for line in mistakes.splitlines():
        print(f"resilience: {printable(line)}", file=sys.stderr)
    return code


def _page(words: list[str]) -> str:
    command = COMMANDS.get(words[0]) if words else None
    return "demo" if command is None else command.page


def _run(words: list[str]) -> int:
    name = words[0] if words else ""
    if name == "--version":
        print(f"resilience {__version__}")
        return 0
    if name in {"", "-h", "--help"}:
        print(_help())
        return 0 if name else _MISTAKE
    if name not in COMMANDS:
        raise Mistake(f"no command {name!r}: say {', '.join(COMMANDS)}, or resilience --help")
    module = import_module(f".{COMMANDS[name].module}", __name__)
    parser = Parser(prog=f"resilience {name}", description=module.__doc__, allow_abbrev=False)
    module.add_arguments(parser)
    try:
        arguments = parser.parse_args(words[1:])
    except SystemExit:  # argparse has printed the help that was asked for
        return 0
    run: Callable[[Namespace], int] = getattr(module, f"run_{name}")
    return run(arguments)


def _help() -> str:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:{width}}  {command.summary}" for name, command in COMMANDS.items())
    return (
        "usage: resilience COMMAND [options]\n\nGuards calls that can fail, and watches services.\n\n"
        f"commands:\n{commands}\n\nresilience COMMAND --help tells the options of one; resilience --version the version."
    )
