"""The program on the servers that sees what is there."""
