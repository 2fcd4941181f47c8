"""Start the policy pack for the engine; called through `run` or by a language host.

The pack's folder is the import root here, so that it also works when it is published without the rest of the
repository; everywhere else the same modules are `policies.guard`.
"""

import importlib
from pathlib import Path

importlib.import_module("guard.serve").serve(Path(__file__).resolve().parent)
