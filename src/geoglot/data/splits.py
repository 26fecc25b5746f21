"""Splits that keep together what belongs together: images of one place, one flight, one near-duplicate group."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from geoglot.errors import InputError


def by_group(groups: Mapping[str, str], shares: Mapping[str, float], *, seed: int) -> dict[str, str]:
    """Give a split for every item so that no group is cut.

    groups: item -> its group (site, flight, scene). shares: split -> the share of items it should get; they sum
    to 1. Groups are taken in an order fixed by `seed` and their names; each goes to the split that lacks most of
    its share. The same input gives the same split on every machine.
    Raises InputError for shares that do not sum to 1 or fewer groups than splits.
    """
    if abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values(), default=0) <= 0:
        raise InputError("shares of a split must be positive and sum to 1", value=dict(shares))
    sizes = Counter(groups.values())
    if len(sizes) < len(shares):
        raise InputError("fewer groups than splits", value=len(sizes), expected=f"at least {len(shares)}")
    filled = dict.fromkeys(shares, 0)
    split_of: dict[str, str] = {}
    for group in sorted(sizes, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest()):
        lacking = {split: share * len(groups) - filled[split] for split, share in shares.items()}
        split = max(lacking, key=lambda name: lacking[name])
        split_of[group] = split
        filled[split] += sizes[group]
    return {item: split_of[group] for item, group in groups.items()}


def joined(pairs: Iterable[tuple[str, str]], items: Iterable[str]) -> dict[str, str]:
    """Give the group of every item where pairs belong together; a group is named after its first item by name."""
    above = {item: item for item in items}

    def root(item: str) -> str:
        while above[item] != item:
            above[item] = above[above[item]]
            item = above[item]
        return item

    for first, second in pairs:
        one, other = sorted((root(first), root(second)))
        above[other] = one
    return {item: root(item) for item in above}


def cut_groups(split_of: Mapping[str, str], groups: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Give the groups that lie in more than one split, with those splits; nothing if the split is clean."""
    found: dict[str, set[str]] = defaultdict(set)
    for item, split in split_of.items():
        found[groups[item]].add(split)
    return {group: frozenset(splits) for group, splits in found.items() if len(splits) > 1}
