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
    AnyRequest,
    Calibrate,
    ImportCustomers,
    Judge,
    ListDocuments,
    RemoveDocuments,
)
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.reach import done

Place = tuple[Path | None, Path | None]
"""The settings file and the folder of the data, as they were given."""


def add(place: Place, request: dict[str, Any], as_json: bool) -> int:
    """Add files and folders; says what became of each. Raises Failed."""
    paths = [str(Path(path).absolute()) for path in request.pop("paths")]
    outcome = done(*place, _request(AddDocuments, paths=paths, **request))
    added = msgspec.convert(outcome, list[Added])
    if as_json:
        _json(outcome)
    for each in () if as_json else added:
        _tell(_added(each))
    wrong = sum(bool(each.wrong) for each in added)
    if wrong:
        raise Failed(INPUT, f"{wrong} of {len(added)} files could not be added; the rest were")
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
            f"{each['document']}@{each['version']}  {each['title']}  ({each['kind']}, "
            f"{each['passages']} passages, for {each['audience']}s{level}, {each['file']})"
        )
    if outcome["sample"]:
        _tell("No documents yet: the made-up company's are answered from. Add your own with")
        _tell("`llmtb knowledge add PATH`; the made-up ones are gone from then on.")
    for each in outcome["overlaps"]:
        _tell(f"{each['kind']}: {each['line']}")
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
    outcome = done(*place, Judge(paths=files, half=half))
    if as_json:
        _json(outcome)
    else:
        sys.stdout.write(table(msgspec.convert(outcome, Verdict)))
    return DONE


def calibrate(place: Place, request: dict[str, Any], as_json: bool) -> int:
    """Set the thresholds by labelled questions, and say how sure they are. Raises Failed."""
    paths = [str(Path(path).absolute()) for path in request.pop("paths")]
    outcome = done(*place, _request(Calibrate, paths=paths, **request))
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
    _tell("Nothing was changed." if request.get("dry") else "These hold from now on.")
    return DONE


def import_customers(place: Place, path: str, as_json: bool) -> int:
    """Make a CSV file the company's list of customers. Raises Failed."""
    outcome = done(*place, ImportCustomers(path=str(Path(path).absolute())))
    if as_json:
        _json(outcome)
    else:
        _tell(
            f"{outcome['listed']} customers are on the list: {outcome['changed']} new or changed, "
            f"{outcome['removed']} taken off"
        )
    return DONE


def _request(kind: type[AnyRequest], **fields: Any) -> AnyRequest:
    try:
        request: AnyRequest = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise Failed(INPUT, str(error)) from error
    return request


def _added(each: Added) -> str:
    if each.wrong:
        return f"not added: {each.wrong}"
    what = "added" if each.new else "unchanged"
    return f"{what}: {each.document}@{each.version} ({each.passages} passages) from {each.file}"


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _json(outcome: Any) -> None:
    _tell(msgspec.json.encode(outcome).decode())
