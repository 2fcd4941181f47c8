"""What the lab is made with, as far as it can be judged without one."""
