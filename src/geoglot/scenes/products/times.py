"""Times as metadata files write them."""

from __future__ import annotations

from datetime import UTC, datetime

from geoglot.errors import ReadError


def utc(text: str, *, what: str) -> datetime:
    """Give a time written in ISO 8601, UTC where it names no zone. Raises ReadError if it is none."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ReadError("a time cannot be read", value=f"{what}: {text}") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
