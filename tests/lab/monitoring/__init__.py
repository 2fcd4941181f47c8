"""A watched server of the lab: what is told, to whom and how soon."""
