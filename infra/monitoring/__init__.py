"""What is seen of servers and products: measured, judged, told."""
