"""`python -m resilience`: the command line."""

import sys

from resilience.cli import main

if __name__ == "__main__":
    sys.exit(main())
