"""Stand-ins for vendors' plugins, for machines that cannot have those: the lab only."""
