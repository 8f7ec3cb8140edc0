from __future__ import annotations

import io
import logging
import subprocess
import sys

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from vectorstore.base import StoreError
from vectorstore.chunking import Chunker
from vectorstore.sources import Reading, read_documents

FONT = DictionaryObject(
    {
        NameObject("/Type"): NameObject("/Font"),
        NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
        NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
    }
)
PAGES = ["Returns are free.\nSend them within 30 days.", "Parcels take two work-\ning days."]


def writer(pages=PAGES, title="Handbook"):
    """A PDF with a page for each text; an empty text gives a page with a picture of nothing."""
    made = pypdf.PdfWriter()
    font = made._add_object(FONT)
    for text in pages:
        page = made.add_blank_page(595, 842)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.split("\n"))
        stream.set_data(f"BT /F1 11 Tf 72 770 Td {lines if text else ''} ET".encode("cp1252"))
        page[NameObject("/Contents")] = made._add_object(stream)
    if title:
        made.add_metadata({"/Title": title})
    return made


def write(path, made):
    data = io.BytesIO()
    made.write(data)
    path.write_bytes(data.getvalue())
    return path


def read(path, **options):
    return list(read_documents([path], Reading(**options)))


def test_a_section_for_each_page(tmp_path):
    one, two = read(write(tmp_path / "a.pdf", writer()))
    assert (one.id, one.text) == ("a.pdf:p1", PAGES[0])
    assert one.metadata == {"source": "a.pdf", "title": "Handbook", "page": 1}
    assert (two.id, two.text) == ("a.pdf:p2", "Parcels take two working days.")


def test_bookmarks_are_headings(tmp_path):
    made = writer(["one", "two", "three", "four"], title="")
    made.add_outline_item(title="Shop", page_number=1)
    shipping = made.add_outline_item(title="Shipping", page_number=2)
    made.add_outline_item(title="Abroad", page_number=3, parent=shipping)
    found = read(write(tmp_path / "a.pdf", made))
    assert [(item.text, item.metadata.get("heading")) for item in found] == [
        ("one", None),
        ("Shop\ntwo", "Shop"),
        ("Shipping\nthree", "Shipping"),
        ("Shipping > Abroad\nfour", "Shipping > Abroad"),
    ]
    assert "title" not in found[0].metadata


def test_a_long_page_is_cut_and_says_its_page(tmp_path):
    made = writer(["One two. Three four. Five six.", "x"])
    found = read(write(tmp_path / "a.pdf", made), chunker=Chunker(4, 0, lambda word: 1))
    assert [(item.id, item.text, item.metadata["page"]) for item in found] == [
        ("a.pdf:p1", "One two. Three four.", 1),
        ("a.pdf:p1/2", "Five six.", 1),
        ("a.pdf:p2", "x", 2),
    ]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_protected_against_printing_but_open_to_read(tmp_path, algorithm):
    made = writer()
    made.encrypt(user_password="", owner_password="secret", algorithm=algorithm)
    assert read(write(tmp_path / "a.pdf", made))[0].text == PAGES[0]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_password_is_asked_for_by_name(tmp_path, algorithm):
    made = writer()
    made.encrypt("secret", algorithm=algorithm)
    with pytest.raises(StoreError, match="a.pdf is encrypted and asks for a password.*qpdf"):
        read(write(tmp_path / "a.pdf", made))


def test_scanned_pages_are_told(tmp_path):
    with pytest.raises(StoreError, match="no text on its 2 pages: scanned.*ocrmypdf a.pdf"):
        read(write(tmp_path / "a.pdf", writer(["", ""])))


def test_some_pages_without_text_are_noted(tmp_path):
    notes: list[str] = []
    path = write(tmp_path / "a.pdf", writer(["", "text", *[""] * 6]))
    (document,) = read(path, note=notes.append)
    assert document.metadata["page"] == 2
    assert notes == [f"{path}: 7 of 8 pages hold no text (pictures?): 1, 3, 4, 5, 6 and 2 more"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"hello", id="text"),
        pytest.param(lambda data: data[:100], id="cut short"),
        pytest.param(lambda data: data.replace(b"/Pages", b"/Sagep"), id="no pages"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, change):
    path = write(tmp_path / "a.pdf", writer())
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(StoreError, match="a.pdf.* cannot be read: it is no PDF, or a damaged one"):
        read(path)


def test_pypdf_is_quiet_and_stays_as_it_was(tmp_path, capfd):
    path = write(tmp_path / "a.pdf", writer())
    path.write_bytes(b"junk\n" + path.read_bytes())
    assert len(read(path)) == 2
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("pypdf").level == logging.NOTSET


WITHOUT = """
import sys
from importlib.abc import MetaPathFinder
class Hidden(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("pypdf", "selectolax"):
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Hidden())
from vectorstore.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("name", "what"), [("a.pdf", "PDF"), ("a.html", "HTML")])
def test_without_the_extra_the_command_is_named(tmp_path, name, what):
    from tests.vectorstore.helpers import MODEL

    (tmp_path / name).write_text("x")
    command = [sys.executable, "-c", WITHOUT, "build", str(tmp_path / name)]
    done = subprocess.run(
        [*command, "--model", str(MODEL), "--out", str(tmp_path / "s")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{what} files need the extra documents: pip install 'fit512[documents]'" in done.stderr
    assert not (tmp_path / "s").exists()
