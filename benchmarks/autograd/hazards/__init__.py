"""Programs whose gradients in-place ops get wrong, or with a confusing error, each beside the true gradient."""
