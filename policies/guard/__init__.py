"""The rules of the policy pack, one module a subject, and the frame that judges resources by them."""
