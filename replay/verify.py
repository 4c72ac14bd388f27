"""`verify`: does every event hold, in its place and order?"""

import argparse
import sys
from pathlib import Path

from llmtb.events.chain import follow
from llmtb.events.errors import BrokenChain
from replay.exits import BROKEN, DONE, Failed
from replay.source import open_source


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")


def run(options: argparse.Namespace) -> int:
    """Check what is asked for and say so."""
    with open_source(options.path) as source:
        try:
            head = follow(source.rows(), versions={})
        except BrokenChain as error:
            raise Failed(BROKEN, str(error)) from error
    sys.stdout.write(f"{head.seq} events hold; the last one's hash is {head.hash.hex()}\n")
    return DONE
