"""`llmtb knowledge` and `llmtb customers`: documents in and out, and how well they answer."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from llmtb.inference.answering.calibration import Calibration
from llmtb.inference.answering.judge import Verdict, table
from llmtb.library.librarian import Added
from llmtb.library.requests import (
    AddDocuments,
    Calibrate,
    ImportCustomers,
    Judge,
    ListDocuments,
    NotUnderstood,
    RemoveDocuments,
    Wanted,
    request,
)
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.reach import done

Place = tuple[Path | None, Path | None]
"""The settings file and the folder of the data, as they were given."""


def add(place: Place, given: dict[str, Any], as_json: bool) -> int:
    """Add files and folders; says what became of each. Raises Failed."""
    paths = [str(Path(path).absolute()) for path in given.pop("paths")]
    outcome = done(*place, _request(AddDocuments, paths=paths, **given))
    added = msgspec.convert(outcome["files"], list[Added])
    if as_json:
        _json(outcome)
    else:
        for each in added:
            _tell(_added(each))
        _overlaps(outcome)
    wrong = [each.wrong for each in added if each.wrong]
    if wrong:
        rest = f" ({len(wrong)} of {len(added)} files; the rest are in)" if len(added) > 1 else ""
        raise Failed(INPUT, f"not added: {wrong[0]}{rest}")
    return DONE


def list_documents(place: Place, overlaps: bool, as_json: bool) -> int:
    """Say what is answered from, and with `overlaps` what is said twice. Raises Failed."""
    outcome = done(*place, ListDocuments(overlaps=overlaps))
    if as_json:
        _json(outcome)
        return DONE
    for each in outcome["documents"]:
        level = f", level {each['level']}" if each["level"] else ""
        _tell(
            f"{each['document']}@{each['edition']}  {each['title']}  ({each['kind']}, "
            f"{each['passages']} passages, for {each['audience']}s{level}, {each['file']})"
        )
    if outcome["sample"]:
        _tell("No documents yet: the made-up company's are answered from. Add your own with")
        _tell("`llmtb knowledge add PATH`; the made-up ones are gone from then on.")
    elif not outcome["documents"]:
        _tell("No documents: nothing can be answered. `llmtb knowledge add PATH` brings them.")
    _overlaps(outcome)
    if overlaps and not outcome["overlaps"]:
        _tell("Nothing is said twice, or in two ways.")
    return DONE


def remove(place: Place, documents: list[str], reason: str, as_json: bool) -> int:
    """Take documents out. Raises Failed."""
    outcome = done(*place, _request(RemoveDocuments, documents=documents, reason=reason))
    if as_json:
        _json(outcome)
    else:
        _tell(f"removed: {', '.join(outcome)}")
    return DONE


def check(place: Place, paths: list[str], half: bool, as_json: bool) -> int:
    """Run labelled questions, and say how they were answered. Raises Failed."""
    files = tuple(str(Path(path).absolute()) for path in paths)
    outcome = done(*place, _request(Judge, paths=files, half=half))
    if as_json:
        _json(outcome)
    else:
        sys.stdout.write(table(msgspec.convert(outcome, Verdict)))
    return DONE


def calibrate(place: Place, given: dict[str, Any], as_json: bool) -> int:
    """Set the thresholds by labelled questions, and say how sure they are. Raises Failed."""
    paths = [str(Path(path).absolute()) for path in given.pop("paths")]
    wanted = _request(Calibrate, paths=paths, **given)
    outcome = done(*place, wanted)
    if as_json:
        _json(outcome)
        return DONE
    calibration = msgspec.convert(outcome, Calibration)
    for name, each in calibration.languages.items():
        _tell(
            f"{name}: answers from {each.high:.3f}, asks back from {each.low:.3f}; on questions it"
            f" had not seen: right {each.right.rate:.0%}, wrong {each.wrong.rate:.1%} (95 %: at"
            f" most {each.wrong.most:.1%}), out of scope answered {each.out_of_scope.rate:.1%} (at"
            f" most {each.out_of_scope.most:.1%})"
        )
    for note in calibration.notes:
        _tell(note)
    _tell("Nothing was changed." if wanted.dry else "These hold from now on.")
    return DONE


def import_customers(place: Place, path: str, as_json: bool) -> int:
    """Make a CSV file the company's list of customers. Raises Failed."""
    outcome = done(*place, _request(ImportCustomers, path=str(Path(path).absolute())))
    if as_json:
        _json(outcome)
    else:
        _tell(
            f"{outcome['listed']} customers are on the list: {outcome['changed']} new or changed, "
            f"{outcome['removed']} taken off"
        )
    return DONE


def _request(kind: type[Wanted], **fields: Any) -> Wanted:
    try:
        return request(kind, **fields)
    except NotUnderstood as error:
        raise Failed(INPUT, str(error)) from error


def _added(each: Added) -> str:
    if each.wrong:
        return f"not added: {each.wrong}"
    what = "added" if each.new else "unchanged"
    instead = f", in place of {each.instead}" if each.instead else ""
    told = f"{each.document}@{each.version} ({each.passages} passages) from {each.file}{instead}"
    return f"{what}: {told}"


def _overlaps(outcome: dict[str, Any]) -> None:
    for each in outcome["overlaps"]:
        _tell(f"{each['kind']}: {each['line']}")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _json(outcome: Any) -> None:
    _tell(msgspec.json.encode(outcome).decode())
