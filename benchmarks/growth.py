"""How cost grows with the fleet: `python -m benchmarks.growth [--most N] [--workers N]`.

Runs the scenario `million` from a hundred hosts upwards, ten times as many each time, and writes
`growth.svg` beside this file: time and memory over hosts, both axes logarithmic, with the slope
of a straight line through the points (1 is linear).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.fleet_run import Cost, measured

SCENARIO = "million"
LEAST, MOST = 100, 1_000_000
WIDTH, HEIGHT, MARGIN = 380, 280, 56
Point = tuple[int, float]


def slope(points: Sequence[Point]) -> float:
    """That of the straight line through the points on logarithmic axes, by least squares."""
    xs = [math.log10(x) for x, _ in points]
    ys = [math.log10(y) for _, y in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    run = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / run


def panel(title: str, unit: str, points: Sequence[Point], left: int) -> Iterator[str]:
    """One plot, its left edge at `left`."""
    low = math.floor(math.log10(min(y for _, y in points)))
    high = math.ceil(math.log10(max(y for _, y in points)))
    first, last = math.log10(points[0][0]), math.log10(points[-1][0])

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - first) / (last - first)
        up = (math.log10(y) - low) / (high - low)
        return left + MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - up * (
            HEIGHT - 2 * MARGIN
        )

    yield f'<text x="{left + MARGIN}" y="24" font-weight="bold">{title}</text>'
    for power in range(low, high + 1):
        x, y = at(points[0][0], 10.0**power)
        end = left + WIDTH - MARGIN
        yield f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{end}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
    for hosts, _ in points:
        x, y = at(hosts, 10.0**low)
        yield f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{_short(hosts)}</text>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
    yield f'<polyline points="{path}" fill="none" stroke="#1f6feb" stroke-width="2"/>'
    for point in points:
        x, y = at(*point)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f6feb"/>'
        label = f"{point[1]:,.3g} {unit}"
        yield f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle" fill="#555">{label}</text>'


def _short(hosts: int) -> str:
    return (
        f"{hosts // 1_000_000}M"
        if hosts >= 1_000_000
        else (f"{hosts // 1000}k" if hosts >= 1000 else str(hosts))
    )


def picture(costs: Sequence[Cost]) -> str:
    """The plots side by side, as SVG."""
    seconds = [(cost.hosts, cost.wall) for cost in costs]
    memory = [(cost.hosts, cost.rss / 1024) for cost in costs]
    parts = [
        *panel(f"Wall time, slope {slope(seconds[1:]):.2f}", "s", seconds, 0),
        *panel(f"Memory at the peak, slope {slope(memory[1:]):.2f}", "MiB", memory, WIDTH),
    ]
    style = "font: 11px system-ui, sans-serif"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}"'
            f' width="{2 * WIDTH}" height="{HEIGHT}" style="{style}">',
            '<rect width="100%" height="100%" fill="white"/>',
            *parts,
            "</svg>\n",
        ]
    )


def main() -> None:
    """Measure, print a line for each size, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=MOST, help="hosts of the largest run")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    costs, hosts = [], LEAST
    while hosts <= asked.most:
        cost = measured(SCENARIO, hosts, asked.workers)
        costs.append(cost)
        print(
            f"{hosts:>9,} hosts  {cost.wall:>8.1f} s  {cost.rss / 1024:>7,.0f} MiB"
            f"  {cost.rss / hosts:>8.2f} KiB a host  {cost.operations:>10,} operations"
            f"  {cost.disk / 1e6:>7,.1f} MB  {cost.verdict}",
            flush=True,
        )
        hosts *= 10
    Path(__file__).with_name("growth.svg").write_text(picture(costs), "utf-8")


if __name__ == "__main__":
    main()
