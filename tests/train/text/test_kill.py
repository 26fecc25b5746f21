"""A kill at any moment of a save loses nothing: the newest checkpoint is whole, the one before or the new one."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from geoglot.train import checkpoint  # noqa: E402
from geoglot.train.text import state  # noqa: E402

TOUCHES_THE_DISK = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate"}


def save(out: Path, step: int) -> None:
    tensors = {"model.a": torch.full((300,), float(step)), "state.adam.a.step": torch.tensor(float(step))}
    state.save(out, step, tensors, {"skipped": 0, "in_row": 0, "recipe": {}})


def killed_at(out: Path, moment: int) -> bool:
    """Save in a child that is killed at the n-th time it touches the disk; whether it lived to the end."""
    child = os.fork()
    if child == 0:
        left = moment

        def strike(event: str, _arguments: object) -> None:
            nonlocal left
            if event in TOUCHES_THE_DISK:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(strike)
        save(out, 4)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_kill_in_any_phase_of_a_save_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    moment, lived, steps = 0, False, set()
    while not lived:
        out = tmp_path / str(moment)
        for step in (1, 2, 3):
            save(out, step)
        lived = killed_at(out, moment)
        last = checkpoint.newest(out)
        assert last is not None
        state.manifest_of(last)
        assert float(state.weights(last)["a"][0]) == last.step
        steps.add(last.step)
        save(out, 5)  # what a kill leaves behind is in nobody's way
        assert {path.name for path in out.iterdir()} <= {"step-000003", "step-000004", "step-000005"}
        moment += 1
    assert moment > 10
    assert steps == {3, 4}


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    from geoglot.errors import ModelError

    save(tmp_path, 1)
    last = checkpoint.newest(tmp_path)
    assert last is not None
    piece = next(last.folder.glob("*.distcp"))
    os.truncate(piece, piece.stat().st_size // 2)
    with pytest.raises(ModelError, match="changed"):
        state.manifest_of(last)
