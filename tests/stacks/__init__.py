"""Every shipped stack under the real engine, offline."""
