"""A run as fresh processes, one a pass: what starts them, what they do, what they leave."""
