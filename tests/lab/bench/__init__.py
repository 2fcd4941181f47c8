"""`make bench`: the speed of what people wait for, and what users of the product notice of it."""
