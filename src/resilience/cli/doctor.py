"""Look for what may surprise: names that are nearly ours, wrong values, missing packages, SDKs that retry as well."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ..config import Gravity, Settings, doctor
from ._table import print_table


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--file", metavar="PATH", help="a TOML file to read (default: RESILIENCE_CONFIG)")
    parser.add_argument("--env-file", metavar="PATH", help="a dotenv file to read (default: RESILIENCE_ENV_FILE)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_doctor(arguments: Namespace) -> int:
    """Print the findings, the worst first; 1 if there is a problem."""
    named = arguments.file is not None or arguments.env_file is not None
    findings = doctor(Settings(file=arguments.file, env_file=arguments.env_file) if named else None)
    if arguments.json:
        found = [{"gravity": one.gravity, "subject": one.subject, "message": one.message} for one in findings]
        print(json.dumps({"findings": found}, indent=2))
    else:
        print_table(("", "about", "finding"), [(one.gravity, one.subject, one.message) for one in findings])
    return int(any(one.gravity is Gravity.PROBLEM for one in findings))
