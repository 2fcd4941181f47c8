"""What the world may ask a stack for: plain data, from the stack file to the edge."""
