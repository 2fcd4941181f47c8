"""What can be found out about a server from outside, and whether that is what its stack file declares."""
