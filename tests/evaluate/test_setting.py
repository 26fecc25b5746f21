"""RA-11: what was taught on a benchmark's sets and what was not stand in separate columns and are never mixed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoglot.cli.compare import command
from geoglot.data.readers import Card
from geoglot.evaluate.baselines import fit
from geoglot.evaluate.compare import compare
from geoglot.evaluate.runner import evaluate
from geoglot.evaluate.setting import Setting, setting
from tests.evaluate.toy import Looker, counting, toy_benchmark

CARD = Card("squares", "Squares", "", "CC0-1.0", "own", True, "", "", ())


class Taught(Looker):
    """A looker that says what it learned from."""

    def __init__(self, *sets: str) -> None:
        super().__init__()
        self.trained_on = frozenset(sets)
        self.name = f"taught {' '.join(sets)}"


def test_one_set_in_common_is_fine_tuned_none_is_zero_shot_silence_is_unknown() -> None:
    benchmark = replace(toy_benchmark(), cards=(CARD,))
    assert setting(Taught("squares", "circles"), benchmark) is Setting.FINE_TUNED
    assert setting(Taught("circles"), benchmark) is Setting.ZERO_SHOT
    assert setting(Looker(), benchmark) is Setting.UNKNOWN


def test_fitted_baselines_are_fine_tuned_and_indices_are_not(tmp_path: Path) -> None:
    assert setting(fit("majority", toy_benchmark(), tmp_path), toy_benchmark()) is Setting.FINE_TUNED
    assert setting(fit("index", toy_benchmark(counting), tmp_path), toy_benchmark()) is Setting.ZERO_SHOT


def test_the_page_gives_each_setting_a_column_of_its_own(tmp_path: Path) -> None:
    for name, model in (("a", Taught("circles")), ("b", Taught("toy"))):
        evaluate(model, toy_benchmark(), data=tmp_path, out=tmp_path / name)
    page = (tmp_path / "b" / "report.html").read_text()
    head = re.findall(r"<th[^>]*>([^<]*)</th>", page.split("Beside others")[1])
    assert head[2:4] == ["zero-shot", "fine-tuned"]
    cells = re.findall(r"<tr class=\"(?:own)?\">(.*?)</tr>", page.split("Beside others")[1].split("</table>")[0])
    filled = {
        re.findall(r"<td>(.*?)</td>", row)[0]: re.findall(r"<td class=\"r\">(.*?)</td>", row)[:2] for row in cells
    }
    assert [bool(one) for one in filled["taught circles"]] == [True, False]
    assert [bool(one) for one in filled["taught toy"]] == [False, True]


@pytest.mark.parametrize(("other", "same"), [("toy", False), ("triangles", True)])
def test_a_comparison_across_settings_says_so(tmp_path: Path, other: str, same: bool) -> None:
    for name, model in (("a", Taught("circles")), ("b", Taught(other))):
        evaluate(model, toy_benchmark(), data=tmp_path, out=tmp_path / name)
    assert compare(tmp_path / "a", tmp_path / "b").same_setting is same
    folders = [str(tmp_path / "a"), str(tmp_path / "b")]
    said = CliRunner().invoke(command, folders)
    assert ("Not the same setting: A is zero-shot, B is fine-tuned." in said.stdout) is not same
    document = json.loads(CliRunner().invoke(command, [*folders, "--json"]).stdout)
    assert document["same_setting"] is same
    assert document["first"]["setting"] == "zero-shot"
