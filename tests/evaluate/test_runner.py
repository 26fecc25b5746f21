"""A run gives the same bytes however it was batched, stopped, restarted or spread over processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError, ModelError, UnknownName, WorkError
from geoglot.evaluate import runner
from geoglot.evaluate.modes import Mode, shown
from geoglot.evaluate.result import read_records, read_result
from geoglot.evaluate.runner import WORK, Run, evaluate
from geoglot.ledger import Ledger
from geoglot.scenes.write.atomic import writing
from geoglot.tasks import TaskName
from tests.evaluate.toy import Looker, counting, detecting, toy_benchmark

FILES = ("predictions.jsonl", "report.html", "result.json")


def run_toy(out: Path, model: Looker | str | None = None, **options: object) -> dict[str, bytes]:
    """Run the toy benchmark in a folder without others beside it, and give the bytes of all files."""
    folder = out / "run"
    evaluate(model or Looker(), toy_benchmark(), data=out, out=folder, run=Run(**options))  # type: ignore[arg-type]
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The folder of a run that nothing disturbed."""
    return run_toy(tmp_path_factory.mktemp("straight"))


def test_a_folder_holds_three_files_and_nothing_of_the_work(straight: dict[str, bytes]) -> None:
    assert tuple(straight) == FILES


def test_a_result_says_what_was_scored_and_how(straight: dict[str, bytes], tmp_path: Path) -> None:
    document = json.loads(straight["result.json"])
    assert document["benchmark"] == "toy@1"
    assert document["protocol"] == "vqa/exact@1"
    assert document["scores"]["OA"] == {"value": 100.0, "low": 100.0, "high": 100.0, "n": 16}
    assert set(document["per_type"]) == {"count", "presence"}
    assert set(document["hashes"]) == {"data", "prompts", "code", "model"}
    assert document["preprocessing"] == {"mode": "image", "limit": None}
    assert str(tmp_path.parent).encode() not in straight["result.json"] + straight["report.html"]


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_batch_changes_no_byte(straight: dict[str, bytes], tmp_path: Path, batch: int) -> None:
    assert run_toy(tmp_path, batch=batch) == straight


@pytest.mark.parametrize("answered", range(0, 16, 3))
def test_a_stopped_run_goes_on_to_the_same_bytes(straight: dict[str, bytes], tmp_path: Path, answered: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, Looker(stop_after=answered), batch=1)
    assert not (tmp_path / "run" / "result.json").exists()
    model = Looker()
    assert run_toy(tmp_path, model, batch=1) == straight
    assert len(model.asked) == 16 - answered


def test_a_line_torn_while_it_was_written_is_answered_again(straight: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, Looker(stop_after=9), batch=1)
    ledger = tmp_path / "run" / WORK / "done.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-7])
    model = Looker()
    assert run_toy(tmp_path, model, batch=1) == straight
    assert len(model.asked) == 16 - 8


@pytest.mark.parametrize("written", range(3))
def test_a_run_killed_between_its_files_is_finished_without_asking(
    straight: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    names: list[Path] = []

    @contextmanager
    def writing_some(path: Path) -> Iterator[Path]:
        if len(names) == written:
            raise KeyboardInterrupt
        names.append(path)
        with writing(path) as temporary:
            yield temporary

    monkeypatch.setattr(runner, "writing", writing_some)
    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path)
    monkeypatch.undo()
    model = Looker()
    assert run_toy(tmp_path, model) == straight
    assert model.asked == []


def test_a_finished_folder_is_left_as_it_is(straight: dict[str, bytes], tmp_path: Path) -> None:
    run_toy(tmp_path)
    before = (tmp_path / "run" / "result.json").stat().st_mtime_ns
    model = Looker()
    assert run_toy(tmp_path, model) == straight
    assert model.asked == []
    assert (tmp_path / "run" / "result.json").stat().st_mtime_ns == before


def test_another_job_in_the_same_folder_starts_anew(tmp_path: Path) -> None:
    run_toy(tmp_path)
    model = Looker()
    evaluate(model, toy_benchmark(version=2), data=tmp_path, out=tmp_path / "run")
    assert len(model.asked) == 16
    assert read_result(tmp_path / "run").benchmark == "toy@2"


def test_a_place_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="cannot be saved"):
        evaluate(Looker(), toy_benchmark(), data=tmp_path, out=tmp_path / "file" / "run")


def test_the_ledger_of_another_job_is_not_taken_for_ours(straight: dict[str, bytes], tmp_path: Path) -> None:
    Ledger(tmp_path / "run" / WORK, {"benchmark": "another"}).add("0#count", {"prediction": 99})
    assert run_toy(tmp_path) == straight


@pytest.mark.slow
def test_two_processes_give_the_bytes_of_one(tmp_path: Path) -> None:
    one = run_toy(tmp_path / "one", "baseline:nearest", batch=2)
    assert run_toy(tmp_path / "two", "baseline:nearest", batch=2, workers=2) == one


@pytest.mark.slow
def test_a_killed_process_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from geoglot.evaluate.runner import Run, evaluate\n"
        "from tests.evaluate.toy import Looker, toy_benchmark\n"
        "class Slow(Looker):\n"
        "    def answer(self, conversation, *, task=None, seed=0):\n"
        "        time.sleep(0.05)\n"
        "        return super().answer(conversation, task=task, seed=seed)\n"
        "out = Path(sys.argv[1])\n"
        "evaluate(Slow(), toy_benchmark(), data=out, out=out / 'run', run=Run(batch=1))\n"
    )
    done = tmp_path / "killed" / "run" / WORK / "done.jsonl"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "killed")], cwd=Path(__file__).parents[2])
    while process.poll() is None and not (done.exists() and done.read_text().count("\n") >= 3):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "run" / "result.json").exists()
    assert run_toy(tmp_path / "killed") == run_toy(tmp_path / "straight")


def test_several_workers_need_a_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="by its name"):
        run_toy(tmp_path, workers=2)


def test_a_limit_takes_the_first_of_the_fixed_order(straight: dict[str, bytes], tmp_path: Path) -> None:
    run_toy(tmp_path, limit=5)
    first = [record.id for record in read_records(tmp_path / "run")]
    whole = [json.loads(line)["id"] for line in straight["predictions.jsonl"].splitlines()]
    assert first == whole[:5]


def test_an_unknown_baseline_or_protocol_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        run_toy(tmp_path, "baseline:oracle")
    with pytest.raises(UnknownName):
        evaluate(Looker(), toy_benchmark(protocol="vqa/none@1"), data=tmp_path, out=tmp_path)


class Refusing(Looker):
    """Has no answer to questions about presence."""

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        if task is TaskName.PRESENCE:
            raise InputError("nothing is known of that")
        return super().answer(conversation, task=task, seed=seed)


class Broken(Looker):
    """Fails for good."""

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        raise ModelError("the weights are gone")


def test_a_refusal_is_a_wrong_answer_and_said(tmp_path: Path) -> None:
    result = evaluate(Refusing(), toy_benchmark(), data=tmp_path, out=tmp_path)
    assert result.per_type["presence"]["accuracy"].value == 0
    assert result.per_type["count"]["accuracy"].value == 100
    assert (result.refused, result.unparsed) == (8, 8)
    assert any("nothing is known of that" in note for note in result.notes)


def test_a_model_that_fails_stops_the_run_and_keeps_what_is_done(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        evaluate(Broken(), toy_benchmark(), data=tmp_path, out=tmp_path / "run")
    assert not (tmp_path / "run" / "result.json").exists()


def test_a_detection_is_scored_as_what_was_asked_for(tmp_path: Path) -> None:
    benchmark = toy_benchmark(detecting, protocol="detection/dota@1", headline="mAP@0.5")
    assert evaluate(Looker(), benchmark, data=tmp_path, out=tmp_path).main.value == 100


class TestModes:
    """What is shown, not what is asked, changes with the mode."""

    def test_blind_shows_nothing(self, tmp_path: Path) -> None:
        model = Looker()
        result = evaluate(model, toy_benchmark(), data=tmp_path, out=tmp_path, run=Run(mode=Mode.BLIND))
        assert all(conversation.scene is None for conversation in model.asked)
        assert result.main.value == 0
        assert result.mode == "blind"

    def test_blank_shows_one_grey_of_the_same_size_everywhere(self) -> None:
        samples = shown(list(counting(Path())), Mode.BLANK, seed=0)
        levels = {float(level) for one in samples for level in np.unique(scene_of(one).bands())}
        assert len(levels) == 1
        assert {scene_of(one).size for one in samples} == {(32, 32)}

    def test_shuffled_shows_nobody_its_own_and_everybody_once(self) -> None:
        before = list(counting(Path()))
        after = shown(before, Mode.SHUFFLED, seed=3)
        own = [one.conversation.scene for one in before]
        other = [one.conversation.scene for one in after]
        assert all(one is not another for one, another in zip(own, other, strict=True))
        assert {id(one) for one in own} == {id(one) for one in other}
        assert all(other[place] is other[place + 1] for place in range(0, len(other), 2)), "one picture, one stranger"

    def test_truths_and_the_data_hash_stay(self, tmp_path: Path) -> None:
        results = [
            evaluate(Looker(), toy_benchmark(), data=tmp_path, out=tmp_path / mode, run=Run(mode=mode)) for mode in Mode
        ]
        assert len({result.hashes["data"] for result in results}) == 1
        assert len({tuple(record.truth for record in read_records(tmp_path / mode)) for mode in Mode}) == 1

    def test_one_image_cannot_be_shuffled(self) -> None:
        with pytest.raises(InputError, match="shuffled"):
            shown([next(counting(Path()))], Mode.SHUFFLED, seed=0)


def test_another_pixel_or_truth_is_another_data_hash(tmp_path: Path) -> None:
    def changed(data: Path) -> object:
        for place, one in enumerate(counting(data)):
            yield replace(one, truth=replace(one.truth, value=3)) if place == 0 else one

    one = evaluate(Looker(), toy_benchmark(), data=tmp_path, out=tmp_path / "a")
    other = evaluate(Looker(), toy_benchmark(changed), data=tmp_path, out=tmp_path / "b")  # type: ignore[arg-type]
    assert one.hashes["data"] != other.hashes["data"]
    assert one.hashes["prompts"] == other.hashes["prompts"]


def scene_of(sample: object):  # type: ignore[no-untyped-def]
    """The scene of a sample that has one."""
    scene = sample.conversation.scene  # type: ignore[attr-defined]
    assert scene is not None
    return scene
