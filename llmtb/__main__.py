"""Run `llmtb` as `python -m llmtb`."""

import sys

from llmtb.cli import main

sys.exit(main())
