"""The demo: one HTML report over a scene of every kind, made by geoglot itself."""

from __future__ import annotations

from geoglot.demo.asking import Section, run
from geoglot.demo.report import write_report

__all__ = ["Section", "run", "write_report"]
