"""The report as text for a terminal, at most 100 columns wide in Latin script."""

from collections.abc import Iterator

from llmtb.report.document import Document, late_minutes, rest_minutes

NAME = 28  # columns for a name
WIDTH = NAME + 5 * 12


def text(document: Document) -> str:
    """The report, a line for each agent and then the shift as a whole."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    report, speech = document.report, document.speech
    say, number = speech.say, speech.number
    yield document.title
    yield WIDTH * "─"
    heads = [say("Rests"), say("Minutes"), say("Late min"), say("Warnings"), say("Refused")]
    yield f"{say('Agent'):<{NAME}}" + "".join(f"{head:>12}" for head in heads)
    for lines in report.agents:
        figures = [
            len(lines.breaks),
            rest_minutes(lines),
            late_minutes(lines),
            sum(not warning.forgiven for warning in lines.warnings),
            len(lines.refusals),
        ]
        name = document.name(lines.agent)
        shown = name if len(name) < NAME else f"{name[: NAME - 2]}…"
        absent = "" if lines.present else f"   {say('absent')}"
        yield f"{shown:<{NAME}}" + "".join(f"{number(each):>12}" for each in figures) + absent
    yield WIDTH * "─"
    yield f"{say('Most at rest at once')}: {number(report.peak_resting)}"
    mean = f"{report.mean_resting:.1f}".split(".")
    yield f"{say('At rest on average')}: {number(int(mean[0]))}.{number(int(mean[1]))}"
    for reason, count in report.refusals.items():
        yield f"{say('Refused')}: {say(reason.replace('_', ' '))} × {number(count)}"
    for act in report.acts:
        yield f"{speech.clock(act.at)} {act.act} ({act.by}): {act.reason or '–'}"
