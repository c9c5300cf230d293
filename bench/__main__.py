"""`python -m bench [BENCH ...]`: measure, print the table, write bench/results.json. --help names the benches."""

from __future__ import annotations

import argparse
import sys

from bench import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure speed against stated rivals.")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"of {', '.join(run.BENCHES)}; all by default")
    names = tuple(parser.parse_args().benches) or run.BENCHES
    if unknown := set(names) - set(run.BENCHES):
        parser.error(f"no bench is called {min(unknown)!r}; there are {', '.join(run.BENCHES)}")
    results, failures = run.run(names)
    run.write(results, failures)
    print(f"\n{run.as_table(results)}")
    for name, reason in failures.items():
        print(f"\n{name} failed: {reason}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
