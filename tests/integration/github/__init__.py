"""What GitHub is asked before anything is declared."""
