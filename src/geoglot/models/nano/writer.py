"""Let a language model word an answer from the evidence card; it may only say what the card holds."""

from __future__ import annotations

import re

from geoglot.conversation import Conversation
from geoglot.errors import GeoglotError
from geoglot.models.nano import card
from geoglot.models.nano.evidence import Evidence
from geoglot.models.protocol import Model
from geoglot.tasks import TaskName

_CITED = re.compile(r"\[([a-z]\d+)\]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def written(writer: Model, question: str, evidence: Evidence, plain: str) -> tuple[str, tuple[str, ...]]:
    """Give the writer's sentence and warnings; the plain one, with the reason, where the writer breaks the rules.

    Every fact has to be cited by its id, as [o3]; an id or a number that is neither on the card nor in the plain
    answer was made up, and the sentence is thrown away.
    """
    facts = card.text(evidence)
    prompt = (
        f"Facts seen in an image, each with its id and probability:\n{facts}\n\nQuestion: {question}\n"
        f"Answer found from these facts: {plain}\n\n"
        "Word that answer in one or two sentences. Use only these facts and cite each by its id in brackets, as [o3]."
    )
    try:
        reply = writer.answer(Conversation.about(None, prompt), task=TaskName.CAPTION).text.strip()
    except GeoglotError as error:
        return plain, (f"the writer failed: {error.what}",)
    made_up = set(_CITED.findall(reply)) - set(_CITED.findall(facts))
    made_up |= set(_NUMBER.findall(_CITED.sub("", reply))) - set(_NUMBER.findall(f"{facts} {plain}"))
    if not reply or made_up:
        reason = f"it made up {', '.join(sorted(made_up))}" if made_up else "it said nothing"
        return plain, (f"the writer's words were thrown away: {reason}",)
    return reply, ()
