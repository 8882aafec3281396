"""Beliefs about in-place ops under autograd, each a small program that runs and returns its verdict."""
