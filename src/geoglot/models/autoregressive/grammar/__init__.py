"""What a reply may look like, letter by letter: expressions, those of every task, and the tokens they allow.

Libraries for this (llguidance, outlines-core, xgrammar) know regular and context-free languages. geoglot's replies are
neither: a box's second corner must not lie before its first, the runs of a mask must fill a grid whose size the same
text has named. Hence expressions whose numbers bind what follows them.
"""

from geoglot.models.autoregressive.grammar.expression import Expression
from geoglot.models.autoregressive.grammar.guide import Guide
from geoglot.models.autoregressive.grammar.places import place
from geoglot.models.autoregressive.grammar.regular import regular
from geoglot.models.autoregressive.grammar.replies import reply

__all__ = ["Expression", "Guide", "place", "regular", "reply"]
