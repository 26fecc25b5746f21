"""What can be asked of a scene: eighteen tasks, one file each.

`get(name)` gives a `Task`, `names()` their names in the order of interface.md, `all_tasks()` all of them.
"""

from __future__ import annotations

from geoglot.tasks.task import AnswerUnparsed, Parsed, Task, TaskName, Value

__all__ = ["AnswerUnparsed", "Parsed", "Task", "TaskName", "Value"]
