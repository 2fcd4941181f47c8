"""What runs on a server, sent there by the plugin: standard library only, Python 3.11 and later, one module a kind."""
