"""`python -m local.engine`."""

import sys

from local.engine.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
