"""How long the pack keeps a preview of many containers waiting."""
