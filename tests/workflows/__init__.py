"""The workflows of `.github/workflows` run by `act`: on this machine, without Docker and without a network.

Actions that GitHub would fetch have stand-ins in `actions`. What act does not model is not tested: environments and
their approval, concurrency, and what a token may do.
"""
