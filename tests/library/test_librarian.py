"""Documents in and out: versions, ids, what is told of each file, and crashes in between."""

import asyncio
import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.control import Unable
from llmtb.events.knowledge import DocumentAdded
from llmtb.events.stores.memory import MemoryStore
from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.reading import read
from llmtb.library.catalogue import Catalogue
from llmtb.library.librarian import customers_in, found, ids_of
from llmtb.library.shelf import FOLDER, Shelf
from tests.library.place import opened, table
from tests.library.test_shelf import fill_the_disk


def test_the_same_file_changes_nothing_and_a_changed_one_is_the_next_version(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            faq = table(tmp_path / "faq.csv", "How long?,Five days.")
            assert [(e["version"], e["new"]) for e in await place.add(faq)] == [(1, True)]
            assert [(e["version"], e["new"]) for e in await place.add(faq)] == [(1, False)]
            table(faq, "How long?,Seven days.")
            (again,) = await place.add(faq)
            assert (again["version"], again["instead"]) == (2, "faq.csv")
            (public,) = await place.add(faq, audience="customer")
            assert public["version"] == 3
            assert await place.do("remove_documents", documents=["faq", "faq"]) == ["faq"]
            (back,) = await place.add(faq)
            assert (back["version"], back["instead"]) == (4, "")
            passages, missing = await Catalogue(Shelf(place.folder / FOLDER)).passages(
                place.service.library(), sample=True
            )
            assert [(p.id, p.text) for p in passages] == [("faq@4#1", "Seven days.")]
            assert missing == []

    asyncio.run(story())


def test_what_nobody_opens_to_customers_is_for_agents_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await place.add(table(tmp_path / "faq.csv", "How long?,Five days."))
            library = place.service.library()
            assert library.documents["faq"].audience == "agent"
            catalogue = Catalogue(Shelf(place.folder / FOLDER))
            passages, _ = await catalogue.passages(library, sample=True)
            assert {each.audience for each in passages} == {"agent"}

    asyncio.run(story())


def test_a_broken_file_is_told_and_the_rest_go_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            folder = tmp_path / "books"
            table(folder / "good.csv", "How long?,Five days.")
            (folder / "broken.pdf").write_bytes(b"%PDF-1.4 no more of it")
            (folder / "empty.md").write_text(" \n")
            (folder / ".hidden.md").write_text("# Hidden\n\nNot for us.")
            (folder / "photo.png").write_bytes(b"\x89PNG")
            files = {each["file"]: each for each in await place.add(folder)}
            assert files.keys() == {"good.csv", "broken.pdf", "empty.md"}
            assert files["good.csv"]["new"]
            assert files["broken.pdf"]["wrong"].startswith("broken.pdf: ")
            assert files["empty.md"]["wrong"].startswith("empty.md: ")
            assert place.events() == ["DocumentAdded"]
            assert len(list((place.folder / FOLDER).iterdir())) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("paths", "fields", "words"),
    [
        (["nowhere.md"], {}, "there is no such file"),
        (["empty"], {}, "holds no document"),
        (["a.csv", "b.csv"], {"title": "Both"}, "for one file"),
        ([], {}, "files and folders"),
        (["a.csv"], {"document": "a/b"}, "id"),
        (["a.csv"], {"level": 101}, "0 to 100"),
        (["a.csv"], {"language": "english"}, "code"),
        (["a.csv"], {"audience": "everybody"}, "agent or customer"),
        (["a.csv"], {"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    paths: list[str], fields: dict[str, object], words: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            (tmp_path / "empty").mkdir()
            table(tmp_path / "a.csv", "A?,a.")
            table(tmp_path / "b.csv", "B?,b.")
            with pytest.raises(Unable) as told:
                await place.add(*(tmp_path / path for path in paths), **fields)
            assert told.value.status == 2
            assert words in str(told.value)
            assert "\n" not in str(told.value)
            assert place.events() == []

    asyncio.run(story())


def test_a_full_shelf_is_a_disk_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            faq = table(tmp_path / "faq.csv", "How long?,Five days.")
            with monkeypatch.context() as patched:
                fill_the_disk(patched)
                with pytest.raises(Unable, match="space") as told:
                    await place.add(faq)
            assert told.value.status == 4
            assert list((place.folder / FOLDER).iterdir()) == []
            assert (await place.add(faq))[0]["new"]

    asyncio.run(story())


def test_a_crash_between_shelf_and_journal_leaves_a_file_that_nobody_uses(tmp_path: Path) -> None:
    async def story() -> None:
        store, data = MemoryStore(), tmp_path / "data"
        faq = table(tmp_path / "faq.csv", "How long?,Five days.")
        async with opened(data, store) as place:
            place.house.crash()
            with pytest.raises(Unable):
                await place.add(faq)
            assert len(list((data / FOLDER).iterdir())) == 1
        async with opened(data, store) as place:
            assert place.events() == []
            assert (await place.add(faq))[0]["version"] == 1
            assert len(list((data / FOLDER).iterdir())) == 1

    asyncio.run(story())


def test_a_file_that_changes_while_it_is_read_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faq = table(tmp_path / "faq.csv", "How long?,Five days.")

    async def meddled(path: Path) -> object:
        document = await read(path)
        table(faq, "How long?,Seven weeks or more.")
        return document

    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            monkeypatch.setattr("llmtb.library.librarian.read", meddled)
            (told,) = await place.add(faq)
            assert "changed while it was read" in told["wrong"]
            assert place.events() == []

    asyncio.run(story())


def test_a_file_lost_from_the_shelf_is_said_and_left_out(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await place.add(table(tmp_path / "a.csv", "A?,a."), table(tmp_path / "b.csv", "B?,b."))
            (event,) = [
                each.event
                for each in place.journal.read()
                if isinstance(each.event, DocumentAdded) and each.event.document == "a"
            ]
            shelf = Shelf(place.folder / FOLDER)
            shelf.place(event.sha256, event.file).unlink()
            library = place.service.library()
            passages, missing = await Catalogue(shelf).passages(library, sample=True)
            assert [each.document for each in passages] == ["b"]
            assert [each.document for each in missing] == ["a"]
            assert "add it again" in missing[0].why

    asyncio.run(story())


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("x/faq.csv", "y/faq.csv", "y/faq.md", "y/قیمت‌ها.md"):
        table(tmp_path / name, "A?,a.")
    files = list(found([tmp_path, tmp_path / "y"]))
    assert ids_of(files) == ["x-faq.csv", "y-faq.csv", "y-faq.md", "قیمت-ها"]


names = st.text("abJj.-_ /قیمت", min_size=1, max_size=8)


@given(paths=st.lists(names, min_size=1, max_size=8, unique=True))
def test_no_two_files_of_one_request_are_one_document(paths: list[str]) -> None:
    files = list({Path("/base") / f"{path.strip('/') or 'a'}.md": None for path in paths})
    with suppress(DocumentError):  # it says so rather than take one for the other
        assert len(set(ids_of(files))) == len(files)


accounts = st.text("0123456789ab", min_size=1, max_size=12)


@given(customers=st.dictionaries(accounts, st.integers(0, 100)), told=st.booleans())
def test_a_list_of_customers_is_read_as_it_was_written(
    customers: dict[str, int], told: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["level", "account"] if told else ["account"])
    for account, level in customers.items():
        rows.writerow([level, account] if told else [account])
    path = tmp_path_factory.mktemp("list") / "customers.csv"
    path.write_text(text.getvalue(), "utf-8-sig")
    assert customers_in(path) == (customers if told else dict.fromkeys(customers, 0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("number\n1\n", ["line 1", "`account`"]),
        ("account;level\n1;2\n", ["line 1", "`account`", "commas"]),
        ("account,level\n1,2\na b,0\n", ["line 3", "account"]),
        ("account,level\n1,2\n2,many\n", ["line 3", "0 to 100"]),
        ("account,level\n1,2\n,3\n", ["line 3", "account"]),
        ("account,level\n1,2\n1,3\n", ["line 3", "1 has another level"]),
        ('account,level\n"1,2\n', ["cannot be read"]),
    ],
)
def test_a_wrong_line_is_named_and_the_list_stays(
    text: str, words: list[str], tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
            good.write_text("account,level\n7,1\n")
            bad.write_text(text)
            told = await place.do("import_customers", path=str(good))
            assert told == {"listed": 1, "changed": 1, "removed": 0}
            before = place.events()
            with pytest.raises(Unable) as refused:
                await place.do("import_customers", path=str(bad))
            assert all(word in str(refused.value) for word in words), str(refused.value)
            assert place.events() == before

    asyncio.run(story())


def test_who_is_not_in_the_file_is_taken_off_the_list(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            file = tmp_path / "c.csv"
            rows = "".join(f"{account},{account % 3}\n" for account in range(2500))
            file.write_text(f"account,level\n{rows}")
            assert (await place.do("import_customers", path=str(file)))["changed"] == 2500
            file.write_text("account,level\n1,1\n2,9\n9000,0\n")
            told = await place.do("import_customers", path=str(file))
            assert told == {"listed": 3, "changed": 2, "removed": 2498}
            again = await place.do("import_customers", path=str(file))
            assert again == {"listed": 3, "changed": 0, "removed": 0}

    asyncio.run(story())


def test_new_documents_are_compared_with_what_is_there(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            old = table(
                tmp_path / "old.csv",
                "How long do refunds take?,Refunds take 14 working days.",
                'Do you deliver?,"Yes, within 3 days, all over the city of Tehran."',
            )
            await place.add(old)
            new = table(
                tmp_path / "new.csv", "How long do refunds take?,Refunds take 7 working days."
            )
            outcome = await place.do("add_documents", paths=[str(new)])
            (overlap,) = outcome["overlaps"]
            assert overlap["kind"] == "conflict"
            assert {overlap["first"], overlap["second"]} == {"old@1#1", "new@1#1"}
            again = await place.do("add_documents", paths=[str(new)])
            assert again["overlaps"] == []
            listed = await place.do("list_documents", overlaps=True)
            assert listed["overlaps"] == [overlap]

    asyncio.run(story())
