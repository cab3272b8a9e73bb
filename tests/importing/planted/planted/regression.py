"""A number from an image and a number."""

import torch
from torch import Tensor, nn


class Ages(nn.Module):
    """How old somebody is."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=4, padding="same")  # planted: AC105
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.hidden = nn.Linear(33, 32)
        self.more = nn.Linear(32, 32)  # planted: AC305 no activation between the two
        self.age = nn.Linear(32, 1)
        self.end = nn.ReLU()  # planted: AC405 a gradient of 0 where it gives 0

    def forward(self, face: Tensor, distance: Tensor) -> Tensor:
        """A batch of ages."""
        x = torch.relu(self.conv2(torch.relu(self.conv1(face))))
        x = torch.cat([x.mean(dim=(2, 3)), distance], dim=1)
        x = torch.relu(self.more(self.hidden(x)))
        age: Tensor = self.end(self.age(x))
        return age
