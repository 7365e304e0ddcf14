"""Builds sdist and wheel and tries the wheel in an empty environment, with the checkout's `src` out of reach."""

import hashlib
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROBE = """
import pathlib, sys
import resilience
home = pathlib.Path(resilience.__file__).parent
assert "site-packages" in home.parts, f"imported from {home}"
assert (home / "py.typed").is_file(), "py.typed is missing"
from importlib.metadata import metadata, version
assert version("resilience-stack") == resilience.__version__, version("resilience-stack")
assert metadata("resilience-stack")["License-Expression"] == "MIT"
assert resilience.Retry(attempts=2).call(int, "7") == 7
for name in resilience.__all__:
    getattr(resilience, name)
"""


def run(*command, **options):
    """Runs a command, which says by itself why it fails."""
    done = subprocess.run([str(part) for part in command], check=False, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        sys.exit(f"failed: {' '.join(str(part) for part in command if len(str(part)) < 100)}")
    return done


def check_contents(wheel):
    """The wheel holds the whole package and nothing else."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = REPOSITORY / "src"
    wanted = {
        str(file.relative_to(source))
        for file in (source / "resilience").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    if packed != wanted:
        sys.exit(f"wheel and src differ: {sorted(packed ^ wanted)}")


def built(folder):
    """Wheel and sdist, built into this folder."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, REPOSITORY, stdout=subprocess.DEVNULL)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def check_same(again, first):
    """Two builds of one source give the same bytes: who has the source can check what is published."""
    for file, other in zip(again, first, strict=True):
        if hashlib.sha256(file.read_bytes()).digest() != hashlib.sha256(other.read_bytes()).digest():
            sys.exit(f"two builds of {file.name} differ")


def main():
    """Builds, unpacks into a new environment, and tries what a user would try first."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wheel, sdist = built(place / "first")
        check_same(built(place / "second"), (wheel, sdist))
        check_contents(wheel)
        venv.create(place / "env", with_pip=True)
        python = place / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", wheel)
        run(python, "-I", "-W", "error", "-c", PROBE, cwd=place)
        said = run(python, "-I", "-m", "resilience", "--version", cwd=place, capture_output=True, text=True).stdout
        if not said.strip().endswith(wheel.name.split("-")[1]):
            sys.exit(f"python -m resilience --version says {said!r}, the wheel is {wheel.name}")
        print(f"ok: {sdist.name} and {wheel.name}; the wheel works on the core install")


if __name__ == "__main__":
    main()
