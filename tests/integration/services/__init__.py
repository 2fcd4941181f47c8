"""What products come to, as the docker provider takes it."""
