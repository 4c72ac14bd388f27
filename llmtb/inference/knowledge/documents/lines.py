"""The lines of a PDF's page in the order of reading, where they run from right to left too.

A page holds its text as it is seen, from left to right. pypdf turns each run of Arabic letters
round; the order of the runs in a line, and digits, which run the other way, are left to us.
"""

import re

from pypdf import PageObject

from llmtb.inference.knowledge.documents.plain import cleaned

_RIGHT_TO_LEFT = re.compile("[\u0590-\u05ff\u0620-\u064a\u0671-\u06d3\ufb1d-\ufdff\ufe70-\ufefc]")
_LEFT_TO_RIGHT = re.compile(r"[A-Za-z\u00c0-\u024f]")
# What stands between digits and runs with them; a hyphen does not.
_DIGITS = re.compile("[٠-٩۰-۹]+(?:[٫٬.,/:][٠-٩۰-۹]+)*")
_NUMERAL = re.compile(r"\d[\d٫٬.,/:]*")

Run = tuple[float, str]


def lines_of(page: PageObject) -> list[str]:
    """The lines of a page from top to bottom, white space in them as single spaces."""
    lines: list[list[Run]] = [[]]

    def visit(text: str, matrix: list[float], place: list[float], *_: object) -> None:
        across = place[4] * matrix[0] + place[5] * matrix[2] + matrix[4]
        first, *others = text.split("\n")
        lines[-1].append((across, first))
        lines.extend([(across, other)] for other in others)

    whole = page.extract_text(visitor_text=visit)
    if _RIGHT_TO_LEFT.search(whole) or _DIGITS.search(whole):
        return [" ".join(cleaned(_read(runs)).split()) for runs in lines]
    return [" ".join(line.split()) for line in cleaned(whole).split("\n")]


def _read(runs: list[Run]) -> str:
    """A line whose runs are given as they were drawn."""
    runs = [(across, _DIGITS.sub(lambda found: found[0][::-1], run)) for across, run in runs if run]
    text = "".join(run for _, run in runs)
    if len(_RIGHT_TO_LEFT.findall(text)) < max(1, len(_LEFT_TO_RIGHT.findall(text))):
        return text
    # Runs of one operator have one place; they were drawn from left to right, as sorting keeps.
    seen: list[str] = []
    for _, run in sorted(runs, key=lambda each: each[0]):
        if seen and _NUMERAL.fullmatch(seen[-1] + run):
            seen[-1] += run
        else:
            seen.append(run)
    turned: list[bool] = []
    for run in seen:
        right = bool(_RIGHT_TO_LEFT.search(run))
        # Signs alone are turned round as the run before them is.
        turned.append(right or (not re.search(r"\w", run) and turned[-1:] == [True]))
    said = ""
    for run, is_turned in zip(reversed(seen), reversed(turned), strict=True):
        before, after = run[:1] == " ", run[-1:] == " "
        if not is_turned:
            before, after = after, before
        elif re.search(r"\w", run):
            before |= after  # pypdf puts the space at a run's right to the end of the line
        said += " " * before + run.strip() + " " * after
    return said
