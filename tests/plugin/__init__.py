"""Providers called as the engine calls them."""
