"""`python -m harness.cli`, where the command is not installed."""

import sys

from harness.cli import main

sys.exit(main())
