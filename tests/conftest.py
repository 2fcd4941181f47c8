"""What every test runs under."""

import signal

# A shell starts what it puts in the background with interrupts ignored, and every process of a test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
