"""What sets the project up on a machine; the standard library only, because nothing else is there yet."""
