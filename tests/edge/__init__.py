"""What is rendered for the edge, tried on Traefik itself."""
