"""What happens if I do: every pair in every situation, found by running it."""
