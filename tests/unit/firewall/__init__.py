"""What a server lets in, and whom it bans."""
