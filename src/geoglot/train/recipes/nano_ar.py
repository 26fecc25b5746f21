"""Train nano-ar: a small writer that reads what nano's eye told about simulated scenes.

    python -m geoglot.train.text.seen --folder runs/seen --count 3000
    geoglot train nano-ar --set seen=runs/seen --set out=runs/nano-ar

Cost: 0.7 s of processor time a step, measured in one thread of float32. Scores: docs/results.md, section
"Training token models".
Rates, weights of the losses and shape: nano-plan, sections 5 to 7.
"""

from __future__ import annotations

from dataclasses import replace

from geoglot.nets.writer import WriterConfig
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained

PIECES = 2048  # of the vocabulary, added words apart
LOSSES = (("text", 1.0), ("pointer", 0.5), ("select", 2.0))


def nano_ar(*, steps: int = 1500, quick: bool = False) -> TokenRecipe:
    """Give the recipe: four fifths of the steps at full rates, the rest landing, so that a run can be cut short.

    quick: a few steps of two scenes, to see that everything fits together.
    """
    landing = 1 if quick else max(1, steps // 5)
    learning = 3 if quick else max(1, steps - landing)
    learn = Stage(
        "learn",
        steps=learning,
        mixture=(Portion("seen", 1.0),),
        trained=(Trained("*", 0.014),),
        losses=LOSSES,
        warmup_share=min(0.5, 20 / learning),
        floor=1.0,
        optimiser="muon",
    )
    land = replace(learn, name="land", steps=landing, warmup_share=0.03, floor=0.03)
    rows = 2 if quick else 16
    return TokenRecipe("nano-ar", "evidence-writer", (learn, land), rows=rows, length=512, betas=(0.9, 0.98))


def shape(vocabulary: int, *, quick: bool = False) -> WriterConfig:
    """Give the writer's shape for a vocabulary: 0.9 million parameters beside the embeddings; quick: far fewer."""
    if quick:
        return WriterConfig(vocabulary, width=48, layers=2, heads=2, kv_heads=2, head_dim=24, mlp=96)
    return WriterConfig(vocabulary, width=128, layers=4, heads=4, kv_heads=4, head_dim=32, mlp=384)
