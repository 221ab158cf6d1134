"""Runs one Pulumi program: what the CLI's `pulumi-language-python-exec` does, with its arguments and exit codes.

It is run as a script by the program's own Python, which need not have anything of this repository.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import pulumi
import pulumi.runtime

TOLD = 32
"""Exit code: the program failed, and the person has been told why."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in (
        "project",
        "root_directory",
        "stack",
        "parallel",
        "dry_run",
        "pwd",
        "monitor",
        "engine",
        "organization",
    ):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("program")
    return parser.parse_args()


def _configure(arguments: argparse.Namespace) -> None:
    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=arguments.monitor,
            engine=arguments.engine,
            project=arguments.project,
            stack=arguments.stack,
            parallel=int(arguments.parallel),
            dry_run=arguments.dry_run == "true",
            organization=arguments.organization,
            root_directory=arguments.root_directory,
        )
    )


def _own_traceback(program: str) -> str:
    """The traceback from the program's first frame on: what lies above is ours and the SDK's."""
    _, error, trace = sys.exc_info()
    assert error is not None
    frames = traceback.extract_tb(trace)
    main = os.path.join(os.path.abspath(program), "__main__.py")  # noqa: PTH100, PTH118 - as the frames write it
    places = [os.path.abspath(frame.filename) for frame in frames]  # noqa: PTH100 - as the frames write it
    start = places.index(main) if main in places else 0
    return "".join(traceback.format_exception(error, limit=start - len(frames)))


def main() -> int:
    """Run the program to its end, its deletions included; the exit code."""
    arguments = _arguments()
    _configure(arguments)
    sys.argv = [arguments.program]
    os.chdir(arguments.pwd)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pool = ThreadPoolExecutor(max(int(arguments.parallel), 1) * 4)
    loop.set_default_executor(pool)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # what a failed program leaves unawaited is no news

    def program() -> None:
        runpy.run_path(arguments.program, run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:  # noqa: BLE001 - whatever a program raises is told in the same words
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_own_traceback(arguments.program)}")
        return TOLD
    finally:
        pool.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
