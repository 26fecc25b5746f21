"""Train nano-ar: a small writer that reads what nano's eye told, of simulated scenes and of real pictures.

    python -m geoglot.train.text.shown --folder runs/shown --data DATA
    python -m geoglot.train.text.seen --shown runs/shown --folder runs/seen
    geoglot train nano-ar --set seen=runs/seen --set out=runs/nano-ar
    python -m geoglot.train.export_member --run runs/nano-ar --folder runs/nano-ar-model

Rates, weights of the losses: nano-plan, sections 5 to 7. Scores: docs/results.md, section "nano-ar beside nano".
"""

from __future__ import annotations

from dataclasses import replace

from geoglot.nets.writer import WriterConfig
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained

PIECES = 2048  # of the vocabulary, added words apart
LOSSES = (("text", 1.0), ("select", 2.0))
READING = (Portion("imagined", 1.0),)
ANSWERING = (Portion("imagined", 0.3), Portion("scenes", 0.32), Portion("pairs", 0.1), Portion("real", 0.28))
"""First scenes whose evidence is without error, so that reading is learned, of any eye; then what the eye tells."""


def nano_ar(*, steps: int = 2400, quick: bool = False) -> TokenRecipe:
    """Give the recipe: a sixth of the steps to read, most to answer at full rates, a quarter landing.

    quick: a few steps of two scenes, to see that everything fits together.
    """
    reading = 2 if quick else max(1, steps // 6)
    landing = 1 if quick else max(1, steps // 4)
    learning = 1 if quick else max(1, steps - reading - landing)
    read = Stage(
        "read",
        steps=reading,
        mixture=READING,
        trained=(Trained("*", 0.014),),
        losses=LOSSES,
        warmup_share=min(0.5, 30 / reading),
        floor=1.0,
        optimiser="muon",
    )
    answer = replace(read, name="answer", steps=learning, mixture=ANSWERING, warmup_share=min(0.5, 10 / learning))
    land = replace(answer, name="land", steps=landing, warmup_share=0.03, floor=0.03)
    rows = 2 if quick else 16
    return TokenRecipe("nano-ar", "evidence-writer", (read, answer, land), rows=rows, length=512, betas=(0.9, 0.98))


def shape(vocabulary: int, *, quick: bool = False) -> WriterConfig:
    """Give the writer's shape for a vocabulary: 1.8 million parameters beside the embeddings; quick: far fewer."""
    if quick:
        return WriterConfig(vocabulary, width=48, layers=2, heads=3, kv_heads=3, head_dim=16, mlp=96)
    return WriterConfig(vocabulary, width=192, layers=4, heads=6, kv_heads=6, head_dim=32, mlp=512)
