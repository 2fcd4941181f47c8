"""GitHub's REST interface on loopback: it keeps what it is told, pages, refuses and runs into limits as GitHub does.

One module a subject; each adds its routes to the frame in `routing`, and keeps its things in the `World`.
"""
