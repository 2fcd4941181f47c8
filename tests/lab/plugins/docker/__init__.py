"""A stand-in for pulumi-docker: containers, networks and volumes of a Docker daemon."""
