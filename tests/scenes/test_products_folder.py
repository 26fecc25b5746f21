"""A product is the same as a folder and as a ZIP, and its metadata files cannot lead anywhere else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from geoglot.errors import ReadError, Refused
from geoglot.scenes.products.folder import Folder, open_product, parse_xml

FILES = {"manifest.safe": b"<a xmlns='urn:x'><b>1</b></a>", "annotation/one.xml": b"<c/>"}


def make_folder(at: Path) -> Path:
    product = at / "PRODUCT.SAFE"
    for name, content in FILES.items():
        (product / name).parent.mkdir(parents=True, exist_ok=True)
        (product / name).write_bytes(content)
    return product


def make_zip(at: Path, names: dict[str, bytes]) -> Path:
    path = at / "product.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path


def opened(path: Path) -> Folder:
    product = open_product(path)
    assert product is not None
    return product


def test_a_folder_and_what_its_zip_holds_are_the_same_product(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "there")
    zipped = make_zip(tmp_path, {f"PRODUCT.SAFE/{name}": content for name, content in FILES.items()})
    for product in (opened(folder), opened(folder.parent).inner(), opened(zipped).inner()):
        assert product is not None
        assert product.name == "PRODUCT.SAFE"
        assert product.names == ("annotation/one.xml", "manifest.safe")
        assert product.load("manifest.safe") == FILES["manifest.safe"]
        assert product.size("manifest.safe") == len(FILES["manifest.safe"])


def test_a_folder_of_several_things_holds_no_product_inside(tmp_path: Path) -> None:
    assert opened(make_folder(tmp_path)).inner() is None


def test_a_zip_without_a_folder_inside_is_named_after_itself(tmp_path: Path) -> None:
    assert opened(make_zip(tmp_path, FILES)).name == "product"


def test_namespaces_do_not_matter(tmp_path: Path) -> None:
    assert opened(make_folder(tmp_path)).xml("manifest.safe").findtext("b") == "1"


def test_a_plain_file_is_no_product(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("hello")
    assert open_product(tmp_path / "text.txt") is None


@pytest.mark.parametrize("name", ["../out.xml", "/etc/out.xml", "a/../../out.xml", "..\\out.xml"])
def test_a_zip_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="climbs out"):
        open_product(make_zip(tmp_path, {name: b"<a/>", "b": b""}))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = make_folder(tmp_path)
    (folder / "link.xml").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match="link"):
        opened(folder).load("link.xml")


def test_a_missing_and_a_cut_off_file_are_read_errors(tmp_path: Path) -> None:
    product = opened(make_folder(tmp_path))
    with pytest.raises(ReadError, match=r"none\.xml"):
        product.load("none.xml")
    archive = make_zip(tmp_path, {"manifest.safe": b"x" * 5000, "b": b""})
    zipped = opened(archive)
    raw = bytearray(archive.read_bytes())
    raw[45:50] = b"\xff" * 5
    archive.write_bytes(raw)
    with pytest.raises(ReadError, match=r"manifest\.safe"):
        zipped.load("manifest.safe")


def test_a_zip_cut_in_the_middle_is_a_read_error(tmp_path: Path) -> None:
    archive = make_zip(tmp_path, {"a": b"x" * 5000, "b": b"y"})
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(ReadError, match="cut off"):
        open_product(archive)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        '<?xml version="1.0"?><!doctype a><a/>',
    ],
)
def test_xml_with_a_document_type_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="document type"):
        parse_xml(text, what="a.xml")


@pytest.mark.parametrize("text", ["", "<a>", "<a>&undefined;</a>", "no xml"])
def test_broken_xml_is_a_read_error(text: str) -> None:
    with pytest.raises(ReadError, match=r"a\.xml"):
        parse_xml(text, what="a.xml")
