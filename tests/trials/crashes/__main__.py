"""`python -m tests.trials.crashes [NAME...]`: kill the process at every AWS call of every scenario, or of some."""

import sys

from tests.trials.crashes.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
