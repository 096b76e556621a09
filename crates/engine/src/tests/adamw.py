"""Prints the constants of adamw.rs: torch's own AdamW on the same gradients, in float32.

    python adamw.py        (torch 2.11.0)
"""

import torch

for weight_decay in (0.0, 0.1):
    parameter = torch.nn.Parameter(torch.tensor([0.5, -1.0, 0.0, 2.0, -0.25]))
    optimizer = torch.optim.AdamW([parameter], lr=1e-2, weight_decay=weight_decay)
    for step in range(1, 51):
        # Rust's remainder keeps the sign of the dividend; step * (index + 3) is positive, so it is the same.
        parameter.grad = torch.tensor([((step * (index + 3)) % 7 - 3) / 3 + index * 0.1 for index in range(5)])
        optimizer.step()
    print(weight_decay, [float(value) for value in parameter.detach()])
