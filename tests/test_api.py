"""The public API stands in api.txt: a change of a name, a signature or a default is seen before users see it."""

import difflib
import importlib.util
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def test_the_public_api_is_what_api_txt_says():
    """What differs is shown; `python scripts/api.py --write` accepts it."""
    spec = importlib.util.spec_from_file_location("api", REPOSITORY / "scripts" / "api.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written, now = script.FILE.read_text("utf-8").splitlines(), script.api().splitlines()
    changed = "\n".join(difflib.unified_diff(written, now, "api.txt", "the code", lineterm="", n=1))
    assert not changed, f"the public API changed; if users may see that: python scripts/api.py --write\n{changed}"
