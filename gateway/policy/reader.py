"""The process that reads and checks a policies directory, so that the gateway's own loop is not held.

A directory and the allowed redirect hosts come by standard input, pickled; files and outcome, or problems, go out.
"""

from __future__ import annotations

import pickle
import sys

from gateway.errors import PolicyError
from gateway.policy.loading import read_and_parse


def main() -> None:
    """Read once, answer once."""
    directory, redirect_hosts = pickle.load(sys.stdin.buffer)  # noqa: S301  (from our own parent, by its own pipe)
    outcome: object
    try:
        outcome = read_and_parse(directory, redirect_hosts)
    except PolicyError as error:
        outcome = error.problems
    pickle.dump(outcome, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
