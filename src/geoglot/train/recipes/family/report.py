"""A `Plan` as text."""

from __future__ import annotations

from geoglot.train.recipes.family.plan import UTILISATION, Plan
from geoglot.train.recipes.family.recipe import PARTS, SIZES

STATE_BYTES = 16
"""Of a weight that learns: itself, its slope and two states of Adam in float32."""


def report(plan: Plan, *, gpus: int = 8) -> str:
    """Give the table of weights and work by part, and of memory and hours by stage."""
    recipe, typical = plan.recipe, plan.recipe.typical
    lines = [
        f"{recipe.name}, size {recipe.size} of {', '.join(SIZES)}; source: {recipe.source}",
        f"sample: {typical.frames} frame(s) of {typical.side_px} px"
        + (f" and {typical.tiles[0]} x {typical.tiles[1]} tiles" if typical.tiles else "")
        + f", {typical.words} words: {plan.tokens} tokens",
        "",
        f"{'part':<10}{'weights':>16}{'GFLOP forward':>16}",
        *(f"{part:<10}{plan.weights[part]:>16,}{plan.forward[part] / 1e9:>16,.2f}" for part in PARTS),
        f"{'all':<10}{plan.total:>16,}{sum(plan.forward.values()) / 1e9:>16,.2f}",
        f"weights that one token passes: {plan.active:,}",
        "",
        f"{'stage':<7}{'samples':>13}{'batch':>7}{'steps':>10}{'moving':>15}{'GFLOP/sample':>14}"
        f"{'GiB/GPU':>9}{'H100 hours':>12}  trains",
    ]
    hours = 0.0
    for stage in recipe.stages:
        hours += plan.gpu_hours(stage)
        lines.append(
            f"{stage.name:<7}{stage.samples:>13,}{stage.batch:>7}{stage.steps:>10,}{plan.moving(stage):>15,}"
            f"{plan.training(stage) / 1e9:>14,.0f}{plan.memory_gib(stage, gpus=gpus):>9.1f}"
            f"{plan.gpu_hours(stage):>12,.1f}  {', '.join(stage.trains)}"
        )
    lines.append(f"all stages: {hours:,.0f} H100 hours at {UTILISATION:.0%} of the peak (assumed)")
    lines.append(f"memory: ZeRO-2 over {gpus} GPUs, 4 samples each, checkpointing (estimate)")
    return "\n".join([*lines, *_shared_out(plan, gpus)])


def _shared_out(plan: Plan, gpus: int) -> list[str]:
    """The FSDP2 plan: which weights are brought together at once, and what of all stays on each GPU."""
    lines = ["", f"FSDP2 over {gpus} GPUs: weights, slopes and states of every group in {gpus} equal parts"]
    for name, layers in plan.groups.items():
        lines.append(f"  {name + ', each layer':<32}{len(layers):>4} x {max(layers):>14,}")
    rest = plan.total - sum(sum(layers) for layers in plan.groups.values())
    lines.append(f"  {'all others':<32}{1:>4} x {rest:>14,}")
    kept = plan.total * STATE_BYTES / gpus / 2**30
    lines.append(f"  on each GPU {-(-plan.total // gpus):,} weights, {kept:.1f} GiB with slopes and Adam's states")
    return lines
