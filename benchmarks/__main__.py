"""Run the benchmarks: `python -m benchmarks [WORD]`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(word: str = "") -> None:
    """Measure what the modules whose name holds the word claim, and print a line each."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    for module in (name for name in modules if word in name):
        for figure in import_module(f"benchmarks.{module}").figures():
            print(figure, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
