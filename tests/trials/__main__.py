"""`python -m tests.trials [EXAMPLES]`: the machine against others' changes, faults, kills, roll-backs and clocks."""

import sys

from tests.trials.model.memory import MemoryWorld
from tests.trials.model.run import explore

if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    sys.stdout.write(f"{explore(MemoryWorld, asked, 20, always_the_same=False)} examples, 0 violations\n")
