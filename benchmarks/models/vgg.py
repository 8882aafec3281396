"""A VGG-like network for small images, with dropout after every convolution."""

from torch import nn

#: Convolutions by stage, as in VGG-16 (arXiv:1409.1556), each stage followed by 2x2 max pooling.
STAGES = (2, 2, 3, 3, 3)


def vgg_dropout(width: int, *, inplace: bool) -> nn.Module:
    """VGG-16's convolutions for CIFAR: batch norm and dropout after each, a small classifier; width 64 is usual.

    (N, 3, 32, 32) to (N, 10). After torch.ch/blog/2015/07/30/cifar.html, but with dropout before ReLU: the result is
    the same, and in-place dropout after ReLU, which saves its result, raises (pytorch/vision issue 7174).
    """
    layers: list[nn.Module] = []
    inputs = 3
    for stage, convolutions in enumerate(STAGES):
        outputs = width * min(2**stage, 8)
        for _ in range(convolutions):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)]
            layers += [nn.Dropout(0.3 if stage == 0 else 0.4, inplace), nn.ReLU(inplace)]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    classifier = (nn.Linear(inputs, inputs), nn.Dropout(0.5, inplace), nn.ReLU(inplace), nn.Linear(inputs, 10))
    return nn.Sequential(*layers, nn.Flatten(), *classifier)
