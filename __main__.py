"""The program that `pulumi preview` and `pulumi up` run for every stack."""

import os
import signal

import pulumi

from infra.config.program import settings_from_pulumi
from stacks import deploy

# The language host ends a failed run with SIGINT; Python's own answer to it would be two tracebacks.
signal.signal(signal.SIGINT, lambda *_: os._exit(32))
pulumi.run(lambda: deploy(settings_from_pulumi()))
