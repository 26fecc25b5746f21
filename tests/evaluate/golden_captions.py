"""The caption rows of the golden table: coco-caption, NLTK and rouge-score, change captions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from geoglot.evaluate.metrics import Prediction, Scores, protocol
from tests.evaluate.golden_row import Row, expected_of, number, scored

_COCO = ("BLEU1", "BLEU2", "BLEU3", "BLEU4", "ROUGE_L", "CIDEr", "METEOR")


def _key(name: str) -> str:
    return name.replace("BLEU", "BLEU-").replace("_nltk", "")


def _score(id: str, answers: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    rows = zip(answers, references, strict=True)
    return protocol(id).score([Prediction(str(i), "caption", a, list(r)) for i, (a, r) in enumerate(rows)], 0)


def _nlg_eval(folder: Path) -> Iterator[Row]:
    texts = [(folder / "nlg_eval" / f"{name}.txt").read_text().splitlines() for name in ("hyp", "ref1", "ref2")]
    printed = (0.550000, 0.428174, 0.284043, 0.201143, 0.522104, 1.242192, 0.295797)
    got = _score("caption/raw@1", texts[0], list(zip(texts[1], texts[2], strict=True))).scores
    for name, value in zip(_COCO, printed, strict=True):
        yield Row("nlg_eval", "caption/raw@1", name, value, 6, got[_key(name)].value / 100)


def _coco(folder: Path) -> Iterator[Row]:
    known, said = (_json(folder / "coco_caption" / f"{name}.json.gz") for name in ("gts", "res"))
    printed = {
        "caption/coco-ptb@1": (0.579400, 0.404391, 0.278536, 0.190829, 0.396253, 0.599895, 0.195255),
        "caption/raw@1": (0.579400, 0.404391, 0.278536, 0.190829, 0.396253, 0.599791, 0.195255),
    }
    for id, values in printed.items():
        got = _score(id, [said[image][0] for image in known], list(known.values())).scores
        for name, value in zip(_COCO, values, strict=True):
            yield Row("coco_caption", id, name, value, 6, got[_key(name)].value / 100)


def _earthdial(folder: Path) -> Iterator[Row]:
    for name, expected in expected_of(folder).items():
        path = folder / "earthdial" / f"{name}.jsonl.gz"
        if "METEOR_nltk" in expected:
            kind = "-region" if "region" in name else "-description" if "description" in name else ""
            id = f"caption/earthdial{kind}@1"
            for key in [key for key in expected if key.startswith(("ROUGE", "METEOR"))]:
                yield Row(path.name, id, key, number(expected[key]), 4, scored(path, id).scores[_key(key)].value / 100)
        for part, id in (("coco_PTB_x100", "caption/coco-ptb@1"), ("coco_whitespace_x100", "caption/raw@1")):
            values = expected.get(part, {})
            assert isinstance(values, Mapping)
            for key, value in values.items():
                yield Row(path.name, id, key, number(value), 4, scored(path, id).scores[_key(key)].value)


def _leave_one_out(folder: Path) -> Iterator[Row]:
    expected = json.loads((folder / "rsicd_rsitmd_captions" / "expected.json").read_text())
    for name in ("rsicd", "rsitmd"):
        with gzip.open(folder / "rsicd_rsitmd_captions" / f"{name}_test_caps.txt.gz", "rt") as file:
            lines = file.read().splitlines()
        groups = [lines[i : i + 5] for i in range(0, len(lines), 5)]
        for place in range(5):
            others = [group[:place] + group[place + 1 :] for group in groups]
            got = _score("caption/coco-ptb@1", [group[place] for group in groups], others).scores
            for key, value in zip(expected["columns"], expected[name][str(place)], strict=False):
                yield Row(f"{name} caption {place}", "caption/coco-ptb@1", key, value, 4, got[_key(key)].value)


def _levir(folder: Path) -> Iterator[Row]:
    expected = json.loads((folder / "levir_cc" / "expected.json").read_text())
    captions = _json(folder / "levir_cc" / "captions_by_image.json.gz")
    groups = [group for image, group in captions.items() if image.startswith("test")]
    same = "the scene is the same as before"
    oracle = expected["oracle_change_bit_plus_constant"]
    still = [group[0] == "there is no difference" for group in groups]
    answers = [same if quiet else oracle["change"] for quiet in still]
    runs = {
        "constant_prediction_all_1929": ([same] * len(groups), groups),
        "oracle_change_bit_plus_constant": (answers, groups),
        "ref0_vs_refs1to4_all_1929": ([group[0] for group in groups], [group[1:] for group in groups]),
    }
    for name, (said, known) in runs.items():
        got = _score("change/caption@1", said, known).scores
        for key in _COCO:
            yield Row(f"levir_cc {name}", "change/caption@1", key, expected[name][key], 4, got[_key(key)].value)
    for name, quiet in (("ref0_vs_refs1to4_change_964", False), ("ref0_vs_refs1to4_nochange_965", True)):
        part = [group for group, is_quiet in zip(groups, still, strict=True) if is_quiet is quiet]
        got = _score("caption/raw@1", [group[0] for group in part], [group[1:] for group in part]).scores
        for key in _COCO:
            yield Row(f"levir_cc {name}", "caption/raw@1", key, expected[name][key], 4, got[_key(key)].value)


def _json(path: Path) -> dict[str, list[str]]:
    document: dict[str, list[str]] = json.loads(gzip.decompress(path.read_bytes()))
    return document


CAPTION_PARTS: tuple[Callable[[Path], Iterator[Row]], ...] = (_nlg_eval, _coco, _earthdial, _leave_one_out, _levir)
