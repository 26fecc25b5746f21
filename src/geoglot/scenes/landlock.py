"""Landlock: a Linux process gives up, for itself and its children, all files and connections it does not need.

Source: Linux documentation, Documentation/userspace-api/landlock.rst; needs no privilege, from kernel 5.13 on.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on x86-64 and ARM64
_PATH_BENEATH = 1
_GIVE_VERSION = 1
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_REMOVE_FILE, _MAKE_DIR, _MAKE_REGULAR, _TRUNCATE = 1 << 5, 1 << 7, 1 << 8, 1 << 14
_WRITE = _WRITE_FILE | _REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE  # the rights that a rule for a single file may name
_TCP = 0b11  # bind and connect


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64), ("handled_access_net", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """Give the version of Landlock in this kernel, 0 if there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    found = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_GIVE_VERSION))
    return max(0, int(found))


def restrict(readable: Iterable[Path], writable: Iterable[Path] = ()) -> bool:
    """Give up everything but reading below `readable` and reading and writing below `writable`, for good.

    From version 4 on TCP is given up too; datagrams are not. Tells whether the kernel did it: False, with nothing
    changed, where there is no Landlock. Raises OSError if the kernel refuses.
    """
    found = version()
    if found == 0:
        return False
    handled = (1 << {1: 13, 2: 14}.get(found, 15)) - 1  # rights that this version knows; 13 refer, 14 truncate
    attributes = _RulesetAttributes(handled, _TCP if found >= 4 else 0)
    size = ctypes.sizeof(attributes) if found >= 4 else 8
    rules = _checked(_libc().syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0))
    try:
        for paths, rights in ((readable, _READ), (writable, _READ | _WRITE)):
            for path in paths:
                _allow(rules, path, rights & handled)
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_libc().syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        wanted = rights if path.is_dir() else rights & _OF_FILES
        rule = _PathBeneath(wanted, place)
        _checked(_libc().syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(place)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
