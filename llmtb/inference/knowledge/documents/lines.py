"""The lines of a PDF's page in the order of reading, where they run from right to left too.

A page holds its text as it is seen, from left to right. pypdf turns each run of Arabic letters
round; the order of the runs in a line, and digits, which run the other way, are left to us.
"""

import re
from typing import NamedTuple

from pypdf import PageObject

from llmtb.inference.knowledge.documents.plain import cleaned

_RIGHT = re.compile("[\u0590-\u065f\u066e-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
# Signs that pypdf takes to run as those before them do; its states last for a whole page.
_NEUTRAL = re.compile("[\\x00-/:-@\u0660-\u066d\u06f0-\u06f9\u2000-\u206f\u20a0-\u21ff]*")
# What stands between digits and runs with them; a hyphen does not.
_DIGITS = re.compile("[٠-٩۰-۹]+(?:[٫٬.,/:][٠-٩۰-۹]+)*")
_NUMERAL = re.compile(r"\d[\d٫٬.,/:]*")


class Run(NamedTuple):
    """Some signs in a row: where they begin, and whether pypdf turned them round."""

    across: float
    text: str
    turned: bool


def lines_of(page: PageObject) -> list[str]:
    """The lines of a page from top to bottom, white space in them as single spaces."""
    lines: list[list[Run]] = [[]]
    turned = False

    def visit(text: str, matrix: list[float], place: list[float], *_: object) -> None:
        nonlocal turned
        if not _NEUTRAL.fullmatch(text):
            turned = bool(_RIGHT.search(text))
        across = place[4] * matrix[0] + place[5] * matrix[2] + matrix[4]
        first, *others = text.split("\n")
        lines[-1].append(Run(across, first, turned))
        lines.extend([Run(across, other, turned)] for other in others)

    whole = page.extract_text(visitor_text=visit)
    if _RIGHT.search(whole):
        return [" ".join(cleaned(_read(runs)).split()) for runs in lines]
    return [" ".join(line.split()) for line in cleaned(whole).split("\n")]


def _read(runs: list[Run]) -> str:
    """A line whose runs are given as they were drawn."""
    runs = [
        run._replace(text=_DIGITS.sub(lambda found: found[0][::-1], run.text))
        if run.turned
        else run
        for run in runs
        if run.text
    ]
    text = "".join(run.text for run in runs)
    if len(_RIGHT.findall(text)) < max(1, len(_LATIN.findall(text))):
        return text
    seen: list[Run] = []
    # Runs of one operator have one place; they were drawn from left to right, as sorting keeps.
    for run in sorted(runs, key=lambda run: run.across):
        if seen and _NUMERAL.fullmatch(seen[-1].text + run.text):
            seen[-1] = seen[-1]._replace(text=seen[-1].text + run.text)
        else:
            seen.append(run)
    said = ""
    for run in reversed(seen):
        before, after = run.text[:1] == " ", run.text[-1:] == " "
        if not run.turned:
            before, after = after, before
        elif re.search(r"\w", run.text):
            before |= after  # pypdf puts the space at a run's right to the end of the line
        said += " " * before + run.text.strip() + " " * after
    return said
