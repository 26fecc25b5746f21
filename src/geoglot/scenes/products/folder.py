"""A product folder or its ZIP, as names and bytes: nothing here knows what a product is."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from geoglot.errors import ReadError, Refused

_MOST_FILES = 20_000  # a Sentinel-2 tile has about 130, a wave mode product of Sentinel-1 about 400
_DEEPEST = 8
_LARGEST_TEXT_BYTES = 64 << 20  # metadata only; the largest seen, an interferometric annotation, has 2 MB


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one product.

    path: the folder or ZIP. root: the product's own folder inside it, "" if that is `path` itself.
    names: relative to `root`, with forward slashes, sorted.
    """

    path: Path
    root: str
    names: tuple[str, ...]
    zipped: bool

    @property
    def name(self) -> str:
        """The product's name: of the innermost folder, without ".zip"."""
        inner = PurePosixPath(self.root).name
        return inner or (self.path.name.removesuffix(".zip") if self.zipped else self.path.name)

    def inner(self) -> Folder | None:
        """Give the only folder in this one as a product of its own; None if there is more in it."""
        tops = {name.split("/", 1)[0] for name in self.names}
        if len(tops) != 1 or not all("/" in name for name in self.names):
            return None
        (top,) = tops
        root = f"{self.root}/{top}" if self.root else top
        return replace(self, root=root, names=tuple(name.split("/", 1)[1] for name in self.names))

    def find(self, pattern: str) -> tuple[str, ...]:
        """Give the names in which the regular expression is found, upper case as good as lower."""
        wanted = re.compile(pattern, re.IGNORECASE)
        return tuple(name for name in self.names if wanted.search(name))

    def where(self, name: str) -> tuple[Path, str]:
        """Give what the gate opens: a path, and the name inside it if that is a ZIP ("" if not)."""
        inner = f"{self.root}/{name}" if self.root else name
        return (self.path, inner) if self.zipped else (self.path / inner, "")

    def paths(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        """Give the files on disk behind `names`: each file, or the one ZIP."""
        return (self.path,) if self.zipped else tuple(self.where(name)[0] for name in names)

    def load(self, name: str) -> bytes:
        """Give the content of a metadata file.

        Raises ReadError if it is missing or damaged, Refused above 64 MB or if it lies outside the folder.
        """
        path, member = self.where(name)
        try:
            return self._unzip(member) if self.zipped else self._load(path)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            if isinstance(error, ReadError):
                raise
            raise ReadError(
                "a file of the product cannot be read", value=f"{self.name}/{name}", hint=str(error)[:160]
            ) from error

    def text(self, name: str) -> str:
        """Give a metadata file as text up to the first NUL; UTF-8, or Latin-1 where it is not. See `load`."""
        raw = self.load(name).split(b"\0", 1)[0]
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def xml(self, name: str) -> ElementTree.Element:
        """Give the root of an XML file, namespaces cut from all tags.

        Raises ReadError if it is not well-formed, Refused for a document type declaration: no product of ours
        has one, and entities are the way out of an XML file.
        """
        return parse_xml(self.text(name), what=f"{self.name}/{name}")

    def size(self, name: str) -> int:
        """Give the size of a file in bytes, unpacked."""
        path, member = self.where(name)
        if not self.zipped:
            return path.stat().st_size
        with zipfile.ZipFile(self.path) as archive:
            return archive.getinfo(member).file_size

    def _load(self, path: Path) -> bytes:
        if not path.resolve(strict=True).is_relative_to(self.path.resolve()):
            raise Refused("a link leads out of the product folder", value=str(path))
        _small(path.stat().st_size, path.name)
        return path.read_bytes()

    def _unzip(self, member: str) -> bytes:
        with zipfile.ZipFile(self.path) as archive:
            try:
                with archive.open(member) as stream:
                    raw = stream.read(_LARGEST_TEXT_BYTES + 1)  # the size in the header of a ZIP may lie
            except KeyError as error:
                raise ReadError("a file of the product is missing", value=f"{self.name}: {member}") from error
        _small(len(raw), member)
        return raw


def open_product(path: Path) -> Folder | None:
    """Give the files of a folder or ZIP; None for anything else.

    A folder of more than 20,000 files is no product.
    Raises Refused for a ZIP with too many files or names that climb out of it, ReadError for a damaged one.
    """
    zipped = path.is_file()
    if zipped and not _is_zip(path):
        return None
    names = _members(path) if zipped else _walk(path)
    if len(names) > _MOST_FILES:
        return None
    return Folder(path, "", tuple(sorted(names)), zipped)


def parse_xml(text: str, *, what: str) -> ElementTree.Element:
    """Give the root of an XML text without namespaces: see `Folder.xml`."""
    if "<!DOCTYPE" in text.upper():
        raise Refused("the XML file declares a document type", value=what, expected="plain XML without entities")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise ReadError("the XML file is damaged or cut off", value=what, hint=str(error)[:160]) from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def _walk(path: Path) -> list[str]:
    found: list[str] = []
    for folder, inner, files in os.walk(path):
        depth = len(Path(folder).relative_to(path).parts)
        if depth >= _DEEPEST:
            inner.clear()
        prefix = Path(folder).relative_to(path).as_posix()
        found += [name if prefix == "." else f"{prefix}/{name}" for name in files]
        if len(found) > _MOST_FILES:
            break
    return found


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise ReadError("the ZIP is damaged or cut off", value=path.name, hint=str(error)[:160]) from error
    if len(names) > _MOST_FILES:
        raise Refused("the ZIP holds too many files for one product", value=path.name,
                      expected=f"at most {_MOST_FILES:,}", hint="give the ZIP of one product")  # fmt: skip
    for name in names:
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise Refused("the ZIP holds a name that climbs out of it", value=name)
    return names


def _small(size: int, name: str) -> None:
    if size > _LARGEST_TEXT_BYTES:
        raise Refused("a metadata file is too large", value=name, expected=f"at most {_LARGEST_TEXT_BYTES:,} bytes")
