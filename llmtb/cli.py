"""The verbs of `llmtb`, and what their exit statuses mean."""

import argparse
import os
import secrets
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from llmtb import __version__
from llmtb.settings import languages
from llmtb.verbs import giving, guarding, keeping, minding
from llmtb.verbs.exits import DONE, EXIT, FAULT, INTERRUPTED, Failed

__all__ = ["EXIT", "main", "parser"]


def parser() -> argparse.ArgumentParser:
    """The verbs and their arguments."""
    top = argparse.ArgumentParser(
        prog="llmtb", description="Run a call centre's floor: shifts, rests, capacity, reports."
    )
    top.add_argument("--version", action="version", version=f"llmtb {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    spoken = languages()

    run = verbs.add_parser(
        "run", help="the bot and its console; without a token, a demo on a fast clock"
    )
    _place(run)
    run.add_argument("--host", help="the address the console listens on (default: 127.0.0.1)")
    run.add_argument("--port", type=int, help="its port (default: 8321; 0: a free one)")
    run.set_defaults(do=_run)

    example = verbs.add_parser(
        "example", help="a made-up day and a few questions, here in the terminal"
    )
    _place(example)
    example.add_argument("--seconds", type=float, default=40.0, help="how long the day takes")
    example.add_argument("--language", default="en", choices=spoken, help="of its report")
    example.set_defaults(do=_example)

    simulate = verbs.add_parser("simulate", help="play a scenario; every event as a line of JSON")
    simulate.add_argument("file", metavar="FILE", help="the scenario; - for standard input")
    simulate.add_argument("--db", type=Path, help="keep the events in this file (default: memory)")
    simulate.add_argument("--json", action="store_true", help="(always so)")
    simulate.set_defaults(do=_simulate)

    report = verbs.add_parser("report", help="a closed shift's report")
    report.add_argument("shift", nargs="?", help="DATE/NAME; without it, the shifts there are")
    _place(report)
    report.add_argument("--format", choices=("text", "csv", "xlsx", "png", "json"), default="text")
    report.add_argument("--json", action="store_const", const="json", dest="format")
    report.add_argument("--out", type=Path, help="write it to this file")
    report.add_argument("--language", default="en", choices=spoken, help="of its words")
    report.set_defaults(do=_report)

    rebuild = verbs.add_parser("rebuild", help="make all views again from the journal")
    _place(rebuild)
    rebuild.add_argument("--json", action="store_true", help="say the outcome as JSON")
    rebuild.set_defaults(do=_rebuild)

    checkpoint = verbs.add_parser("checkpoint", help="sign everything that is recorded by now")
    checkpoint.add_argument(
        "--accept", metavar="REASON", help="go on with a journal that is not the one signed"
    )
    _place(checkpoint)
    checkpoint.add_argument("--json", action="store_true", help="say the outcome as JSON")
    checkpoint.set_defaults(do=_checkpoint)

    ask = verbs.add_parser(
        "ask", help="one question to the knowledge, and where its answer is from"
    )
    ask.add_argument("question", nargs="+", help="in your own words and language")
    _place(ask)
    ask.add_argument("--why", action="store_true", help="the passages, their scores, the decision")
    ask.add_argument("--language", help="of the question: fa, en, id, pt, zh (default: its own)")
    ask.add_argument("--audience", choices=("agent", "customer"), default="customer")
    ask.add_argument("--level", type=int, default=0, help="of the customer who asks")
    ask.add_argument(
        "--draft", action="store_true", help="have a model draft a reply, as it writes"
    )
    ask.add_argument("--json", action="store_true", help="the reply as JSON")
    ask.set_defaults(do=_ask)

    _knowledge(verbs.add_parser("knowledge", help="the documents: add, list, remove, check"))

    customers = verbs.add_parser("customers", help="the company's list of customers")
    customers.add_argument("file", metavar="FILE", help="CSV with the columns account and level")
    _place(customers)
    customers.add_argument("--json", action="store_true", help="say the outcome as JSON")
    customers.set_defaults(do=_customers)

    giving.add(verbs, _place, secrets.token_bytes)
    guarding.add(verbs, _place)
    keeping.add(verbs, _place, secrets.token_bytes)
    minding.add(verbs, _place)
    _console(verbs.add_parser("console", help="the console: a link that signs a person in"))
    _models(verbs.add_parser("models", help="the models that answer: list, add, check, remove"))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a verb says; returns the exit status, see `EXIT`."""
    options = parser().parse_args(arguments)
    do: Callable[[argparse.Namespace], int] = options.do
    try:
        return do(options)
    except Failed as failure:
        print(f"llmtb: {failure}", file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read our output has seen enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as fault:  # noqa: BLE001 - the last door: no stack trace reaches a person
        print(f"llmtb: {type(fault).__name__}, a fault: {_keep(fault)}", file=sys.stderr)
        return FAULT


def _keep(fault: Exception) -> str:
    """Write the details of a fault to a file that only its owner can read; returns its name."""
    with NamedTemporaryFile(
        "w", prefix="llmtb-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(fault, file=file)
    return file.name


def _knowledge(verb: argparse.ArgumentParser) -> None:
    acts = verb.add_subparsers(dest="act", metavar="ACT", required=True)

    add = acts.add_parser("add", help="answer from these files and folders")
    add.add_argument("paths", metavar="PATH", nargs="+")
    add.add_argument("--document", help="the id of a single file (default: from its name)")
    add.add_argument("--title", help="of a single file (default: its own)")
    add.add_argument("--department", help="whose it is (default: everybody's)")
    add.add_argument(
        "--audience", choices=("agent", "customer"), default="agent", help="who may see it"
    )
    add.add_argument("--level", type=int, default=0, help="least level of a customer to see it")
    add.add_argument("--language", help="of all of it (default: its own)")
    add.add_argument("--reviewed", action="store_true", help="a person approved its answers")
    add.set_defaults(do=_knowledge_add)

    list_ = acts.add_parser("list", help="what is answered from")
    list_.add_argument("--overlaps", action="store_true", help="what is said twice, or two ways")
    list_.set_defaults(do=_knowledge_list)

    remove = acts.add_parser("remove", help="answer from these documents no more")
    remove.add_argument("documents", metavar="DOCUMENT", nargs="+", help="an id")
    remove.add_argument("--reason", default="removed", help="why, for the journal")
    remove.set_defaults(do=_knowledge_remove)

    check = acts.add_parser("check", help="run labelled questions: right, wrong, withheld")
    check.add_argument("files", metavar="FILE", nargs="*", help="(default: the made-up company's)")
    check.add_argument("--half", action="store_true", help="only those kept from calibrating")
    check.set_defaults(do=_knowledge_check)

    calibrate = acts.add_parser("calibrate", help="set the thresholds for wanted rates of error")
    calibrate.add_argument("files", metavar="FILE", nargs="*", help="labelled questions")
    calibrate.add_argument("--wrong", type=float, default=0.02, help="answered wrongly, at most")
    calibrate.add_argument("--out-of-scope", type=float, default=0.03, help="answered, at most")
    calibrate.add_argument("--half", action="store_true", help="keep the other half for `check`")
    calibrate.add_argument("--dry", action="store_true", help="say it, and change nothing")
    calibrate.set_defaults(do=_knowledge_calibrate)

    for act in (add, list_, remove, check, calibrate):
        _place(act)
        act.add_argument("--json", action="store_true", help="say the outcome as JSON")


def _console(verb: argparse.ArgumentParser) -> None:
    acts = verb.add_subparsers(dest="act", metavar="ACT", required=True)
    link = acts.add_parser("link", help="a link that signs a person in, once")
    link.add_argument("agent", metavar="AGENT", nargs="?", help="whom (default: the first admin)")
    link.add_argument("--role", choices=("admin",), help="make them this first")
    link.add_argument(
        "--forget-second-factor", action="store_true", help="they lost their authenticator"
    )
    _place(link)
    link.add_argument("--json", action="store_true", help="say the outcome as JSON")
    link.set_defaults(do=_console_link)


def _models(verb: argparse.ArgumentParser) -> None:
    acts = verb.add_subparsers(dest="act", metavar="ACT", required=True)

    list_ = acts.add_parser("list", help="what is installed, and what can be added by name")
    list_.add_argument("--json", action="store_true", help="a line of JSON a model")
    list_.set_defaults(do=_models_list)

    add = acts.add_parser("add", help="fetch, convert and keep models")
    add.add_argument("models", metavar="MODEL", nargs="*", help="a name, PATH or hub:OWNER/NAME")
    add.add_argument("--name", help="what it is called here")
    add.add_argument("--kind", choices=("generator", "encoder", "translator"))
    add.add_argument("--compute-type", choices=("int8", "float32"), default="int8")
    add.set_defaults(do=_models_add)

    check = acts.add_parser("check", help="prove models against their sources; how fast they are")
    check.add_argument("name", metavar="NAME", nargs="?", help="one model (default: all)")
    check.add_argument("--source", type=Path, help="the wheel, file or folder it was made from")
    check.add_argument("--json", action="store_true", help="a line of JSON a model")
    check.set_defaults(do=_models_check)

    remove = acts.add_parser("remove", help="take a model away")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(do=_models_remove)

    for act in (list_, add, check, remove):
        act.add_argument("--settings", type=Path, help="the settings file (default: llmtb.toml)")
        act.add_argument("--folder", type=Path, help="where models lie (default: models)")


def _place(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--settings", type=Path, help="the settings file (default: llmtb.toml)")
    verb.add_argument("--data", type=Path, help="the folder of the data (default: data)")


def _run(options: argparse.Namespace) -> int:
    from llmtb.verbs.run import run

    return run(options.settings, options.data, options.host, options.port)


def _example(options: argparse.Namespace) -> int:
    from llmtb.verbs.example import run_example

    return run_example(options.settings, options.data, options.seconds, options.language)


def _simulate(options: argparse.Namespace) -> int:
    from llmtb.verbs.simulate import simulate_file

    return simulate_file(options.file, options.db)


def _report(options: argparse.Namespace) -> int:
    from llmtb.verbs.report import report

    return report(
        options.settings, options.data, options.shift, options.format, options.out, options.language
    )


def _rebuild(options: argparse.Namespace) -> int:
    from llmtb.verbs.rebuild import rebuild

    return rebuild(options.settings, options.data, options.json)


def _checkpoint(options: argparse.Namespace) -> int:
    from llmtb.verbs.checkpoint import checkpoint

    return checkpoint((options.settings, options.data), options.accept, options.json)


def _models_list(options: argparse.Namespace) -> int:
    from llmtb.verbs.models import list_models, models_folder

    return list_models(models_folder(options.settings, options.folder), options.json)


def _models_add(options: argparse.Namespace) -> int:
    from llmtb.verbs.models import add_models, models_folder

    folder = models_folder(options.settings, options.folder)
    return add_models(folder, options.models, options.name, options.kind, options.compute_type)


def _models_check(options: argparse.Namespace) -> int:
    from llmtb.verbs.models import check_models, models_folder

    folder = models_folder(options.settings, options.folder)
    return check_models(folder, options.name, options.source, options.json)


def _models_remove(options: argparse.Namespace) -> int:
    from llmtb.verbs.models import models_folder, remove_model

    return remove_model(models_folder(options.settings, options.folder), options.name)


def _ask(options: argparse.Namespace) -> int:
    from llmtb.verbs.asking import ask

    request = {
        "text": " ".join(options.question),
        "language": options.language,
        "audience": options.audience,
        "level": options.level,
        "draft": options.draft,
    }
    return ask((options.settings, options.data), request, options.why, options.json)


def _console_link(options: argparse.Namespace) -> int:
    from llmtb.verbs.console import link

    names = ("agent", "role", "forget_second_factor")
    request = {name: getattr(options, name) for name in names}
    return link((options.settings, options.data), request, options.json)


def _customers(options: argparse.Namespace) -> int:
    from llmtb.verbs.knowledge import import_customers

    return import_customers((options.settings, options.data), options.file, options.json)


def _knowledge_add(options: argparse.Namespace) -> int:
    from llmtb.verbs.knowledge import add

    names = ("paths", "document", "title", "department", "audience", "level", "language")
    given = {name: getattr(options, name) for name in (*names, "reviewed")}
    request = {name: value for name, value in given.items() if value is not None}
    return add((options.settings, options.data), request, options.json)


def _knowledge_list(options: argparse.Namespace) -> int:
    from llmtb.verbs.knowledge import list_documents

    return list_documents((options.settings, options.data), options.overlaps, options.json)


def _knowledge_remove(options: argparse.Namespace) -> int:
    from llmtb.verbs.knowledge import remove

    place = (options.settings, options.data)
    return remove(place, options.documents, options.reason, options.json)


def _knowledge_check(options: argparse.Namespace) -> int:
    from llmtb.verbs.knowledge import check

    return check((options.settings, options.data), options.files, options.half, options.json)


def _knowledge_calibrate(options: argparse.Namespace) -> int:
    from llmtb.verbs.knowledge import calibrate

    request = {
        "paths": options.files,
        "wrong": options.wrong,
        "out_of_scope": options.out_of_scope,
        "half": options.half,
        "dry": options.dry,
    }
    return calibrate((options.settings, options.data), request, options.json)
