"""What can be asked of a scene: eighteen tasks, one file each.

`get(name)` gives a `Task`, `names()` their names in the order of interface.md, `all_tasks()` all of them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from geoglot.errors import UnknownName
from geoglot.tasks.task import AnswerUnparsed, Parsed, Task, TaskName, Value

__all__ = ["AnswerUnparsed", "Parsed", "Task", "TaskName", "Value", "all_tasks", "get", "names"]


def get(name: TaskName | str) -> Task:
    """Give the task of that name ("change-mask"). Raises UnknownName."""
    try:
        return _load(TaskName(str(name).strip().casefold().replace("_", "-")))
    except ValueError:
        raise UnknownName("task", str(name), names(), hint="see: geoglot tasks") from None


def names() -> tuple[str, ...]:
    """Give the names of all tasks, in the order of interface.md."""
    return tuple(task.value for task in TaskName)


def all_tasks() -> tuple[Task, ...]:
    """Give all tasks, in the order of interface.md."""
    return tuple(_load(name) for name in TaskName)


@cache
def _load(name: TaskName) -> Task:
    task: Task = import_module(f"geoglot.tasks.{name.value.replace('-', '_')}").TASK
    return task
