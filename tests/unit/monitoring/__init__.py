"""What watches a server, from its settings to what people are told."""
