"""`python -m local.plugins aws|random [ENGINE_ADDRESS]`: one plugin process, as an engine starts it."""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Serve the plugin named by the first argument; the engine's address is not needed."""
    match arguments[:1]:
        case ["aws"]:
            from local.plugins.aws.package import AwsPackage as Chosen
        case ["random"]:
            from local.plugins.random.package import RandomPackage as Chosen  # type: ignore[assignment]  # one of two packages
        case _:
            print("usage: python -m local.plugins aws|random [ENGINE_ADDRESS]", file=sys.stderr)
            return 2
    from local.plugins.process import serve

    serve(Chosen())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
