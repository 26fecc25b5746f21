"""METEOR's choice among overlapping matches: a beam search from left to right through the reference.

Source: behaviour of edu.cmu.meteor.aligner.Aligner (beam 40). Two of its habits decide ties and are kept: partial
weights are rounded down at every step, so that a match of one word by stem, synonym or paraphrase adds nothing;
and the distance of a tried match is added to the path that does without it.
"""

from __future__ import annotations

from operator import itemgetter

Match = tuple[int, int, int, int, int]
"""Module (0 equal, 1 stem, 2 synonym, 3 paraphrase), start and length in the reference, then in the answer."""

# What a match adds to a path: places in the answer and in the reference as bits, its share of the path's rank,
# its distance, the next place of the reference, its start and end in the answer, itself.
_Step = tuple[int, int, int, int, int, int, int, Match]
# Rank, next place of the reference, end of the last match in the answer (-1 after a gap), places used in answer
# and reference, the matches chosen so far as a chain. One number ranks a path, smaller is better: weight, chunks
# and distance in fields of 20 bits each. Plain tuples: this loop takes most of the time of METEOR.
_Chain = tuple["_Chain", Match] | None
_Path = tuple[int, int, int, int, int, _Chain]

_BEAM = 40
_CHUNK = 1 << 20
_WEIGHT = 1 << 40
_rank = itemgetter(0)


def best_alignment(rows: list[list[Match]], answer_length: int, reference_length: int) -> list[Match]:
    """Give the chosen matches in the order of the reference. rows: matches by their start in the reference."""
    fixed, free = _settled(rows, answer_length, reference_length)
    if not any(free):
        return [step[7] for step in fixed if step is not None]
    in_answer = in_reference = 0
    for step in fixed:
        if step is not None:
            in_answer |= step[0]
            in_reference |= step[1]
    paths: list[_Path] = [(0, 0, -1, in_answer, in_reference, None)]
    for place in range(reference_length):
        if len(paths) > 1:
            paths.sort(key=_rank)
        following: list[_Path] = []
        for path in paths[:_BEAM]:
            if not path[4] >> place & 1:
                _branch(path, free[place], following)
            elif place < path[1]:
                following.append(path)
            else:
                step = fixed[path[1]]
                if step is not None:
                    rank, _, end, used, in_reference, chain = path
                    rank += step[2] + step[3] + (_CHUNK if end not in (-1, step[5]) else 0)
                    following.append((rank, step[4], step[6], used, in_reference, (chain, step[7])))
        paths = following or paths[:1]
    paths.sort(key=_rank)
    best = min(paths[:_BEAM], key=lambda path: path[0] + (_CHUNK if path[2] != -1 else 0))
    return _unchained(best[5])


def _branch(path: _Path, options: list[_Step], following: list[_Path]) -> None:
    """Add the path with each match that is still possible, and the path that goes without."""
    rank, _, end, in_answer, in_reference, chain = path
    tried = rank
    for answer_bits, reference_bits, gain, distance, after, start, stop, match in options:
        if in_answer & answer_bits or in_reference & reference_bits:
            continue
        new_rank = tried + gain + (_CHUNK if end not in (-1, start) else 0)
        used = in_answer | answer_bits, in_reference | reference_bits
        following.append((new_rank, after, stop, *used, (chain, match)))
        tried += distance
    following.append((tried + (_CHUNK if end != -1 else 0), path[1] + 1, -1, in_answer, in_reference, chain))


def _unchained(chain: _Chain) -> list[Match]:
    matches = []
    while chain is not None:
        chain, match = chain
        matches.append(match)
    return matches[::-1]


def _settled(
    rows: list[list[Match]], answer_length: int, reference_length: int
) -> tuple[list[_Step | None], list[list[_Step]]]:
    """Give the matches that nothing else overlaps, by place, and the others, by place."""
    in_answer, in_reference = [0] * answer_length, [0] * reference_length
    for row in rows:
        for _, start, length, other, size in row:
            for place in range(start, start + length):
                in_reference[place] += 1
            for place in range(other, other + size):
                in_answer[place] += 1
    fixed: list[_Step | None] = [None] * len(rows)
    free: list[list[_Step]] = [[] for _ in rows]
    for place, row in enumerate(rows):
        if len(row) == 1:
            _, start, length, other, size = row[0]
            alone = max(in_reference[start : start + length]) == 1 and max(in_answer[other : other + size]) == 1
            if alone:
                fixed[place] = _step(row[0])
                continue
        free[place] = [_step(match) for match in row]
    return fixed, free


def _step(match: Match) -> _Step:
    module, start, length, other, size = match
    weight = size + length if module == 0 else size // 2 + length // 2
    bits = ((1 << size) - 1) << other, ((1 << length) - 1) << start
    return (*bits, -weight * _WEIGHT, abs(start - other), start + length, other, other + size, match)
