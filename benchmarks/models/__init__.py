"""Architectures that scenarios build, at their published sizes, with in-place ops switched by arguments.

- networks for images: `resnet`, `vgg`, `mobilenet`, `unet`, `plain` (convolutions alone), `critic`;
  `norm_act` and `inplace_abn` (BatchNorm and activation as one)
- networks for sequences: `recurrent`, `transformer`, `encoder`; their parts `attention`, `caching`, `logits`
- `perceptron`: LeNet-300-100, and blocks that can be checkpointed
- `activation`, `functions`: activations as modules that take a flag; as autograd functions
- `losses`, `updates`: what surrounds a network in training

A name that ends in `_` writes its input.
"""
