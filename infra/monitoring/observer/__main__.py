"""Entry of the program: `python3 -I -B <its folder>`."""

import sys

from infra.monitoring.observer.main import main

sys.exit(main(sys.argv[1:]))
