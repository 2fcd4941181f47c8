"""What is declared of backups, and the program that makes them."""
