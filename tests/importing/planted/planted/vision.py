"""A classifier of images."""

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """Two convolutions beside a shortcut; built many times in a loop."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)  # planted: AC301 in every block
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """A block of a residual network."""
        inner = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(inner)) + x)


class Classifier(nn.Module):
    """Stem, blocks and head."""

    def __init__(self, classes: int, width: int = 16, depth: int = 6) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(
                width,
                width,
                kernel_size=1,
                stride=2,
            ),  # planted: AC203 three of four pixels are never read
        )
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.drop = nn.Dropout(0.3)  # planted: AC307 in front of a BatchNorm
        self.norm = nn.BatchNorm2d(width)
        self.side = nn.Conv2d(width, width, 1)  # planted: AC101 what it makes is thrown away
        self.scale = nn.Parameter(torch.ones(width))  # planted: AC101 no line reads it
        self.fc = nn.Linear(width, classes)

    def forward(self, image: Tensor) -> Tensor:
        """Probabilities, which the loss takes for logits."""
        x = self.stem(image)
        for block in self.blocks:
            x = block(x)
        self.side(x)
        x = torch.relu(self.norm(self.drop(x)))
        x = torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1)
        return nn.functional.softmax(self.fc(x), dim=-1)  # planted: AC401


def build(classes: int = 10) -> nn.Module:
    """The network."""
    return Classifier(classes)
