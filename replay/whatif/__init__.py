"""`whatif`: what would another policy have done with the same presses, calls and returns?"""

import argparse
from pathlib import Path

from replay.exits import INPUT, Failed
from replay.whatif.front import USUAL
from replay.whatif.many import choose
from replay.whatif.one import compare
from replay.whatif.playing import ASSUMED


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the settings to try (TOML)")
    parser.add_argument(
        "--grid", type=Path, metavar="FILE", help="lists of values to try, each with each (TOML)"
    )
    parser.add_argument("--shift", metavar="DATE/NAME", help="only this instance of a shift")
    parser.add_argument("--from", dest="since", metavar="TIME", help="from this instant on")
    parser.add_argument("--to", dest="until", metavar="TIME", help="up to this instant")
    parser.add_argument(
        "--returns",
        choices=list(ASSUMED),
        default="due",
        help="when people are back whose rest the log refused: at due, or as usual for them",
    )
    parser.add_argument(
        "--move-returns", action="store_true", help="move returns with the due of their rest"
    )
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw both runs (SVG)")
    parser.add_argument(
        "--aims", default=",".join(USUAL), metavar="NAMES", help="by which a grid is judged"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; one for each core")
    parser.add_argument("--json", action="store_true", help="say it as JSON")


def run(options: argparse.Namespace) -> int:
    """Try one policy, or many."""
    if (options.policy is None) == (options.grid is None):
        raise Failed(INPUT, "say which policy to try: --policy FILE, or --grid FILE")
    if options.jobs is not None and not 1 <= options.jobs <= 256:
        raise Failed(INPUT, "--jobs is from 1 to 256")
    if options.policy is not None:
        return compare(options)
    if options.chart is not None:
        raise Failed(INPUT, "--chart draws one policy: say it with --policy")
    return choose(options)
