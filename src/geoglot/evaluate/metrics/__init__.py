"""Scores of predictions under named protocols: `protocol(id).score(predictions, seed)`.

Each family is one file; docs/metrics.md lists every protocol with its formula, source and quirks.
"""

from __future__ import annotations

from geoglot.evaluate.metrics.interval import interval
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores
from geoglot.evaluate.metrics.table import PROTOCOLS, protocol

__all__ = ["PROTOCOLS", "Prediction", "Protocol", "Score", "Scores", "interval", "protocol"]
