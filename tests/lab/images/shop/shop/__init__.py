"""The sample product: a shop that takes orders and a worker that processes them."""
