"""The page of a result: scores with intervals, other models beside, and the errors as pictures."""

from __future__ import annotations

from geoglot.evaluate.report.page import beside, page

__all__ = ["beside", "page"]
