"""A folder of a user's signals, as an acquisition system leaves them: CSV files of one machine, NumPy of another."""

import numpy as np

from rarefault.datasets.simulators.ball_screw_life import BallScrewLifeSettings, simulate

ONSET = 45
MACHINES = ("press", "saw")


def plant(root, snapshots=60):
    """Two machines' lives of 60 snapshots with damage from about the 45th on; their times are not told."""
    lives = simulate(BallScrewLifeSettings(machines=2, seed=5, snapshots=60, samples=256, onset=ONSET, onset_jitter=3,
                                           healthy=30))  # fmt: skip
    for machine, name in zip(MACHINES, lives.names, strict=True):
        (root / machine).mkdir(parents=True)
        for k, samples in enumerate(lives.of(name).snapshots[:snapshots, 0]):
            if machine == "press":
                np.savetxt(root / machine / f"{k:03}.csv", samples, fmt="%.5f")
            else:
                np.save(root / machine / f"{k:03}.npy", samples)
    return root


def healthy_list(path, n=30, machines=MACHINES):
    """A file that declares the first n snapshots of each machine healthy."""
    path.write_text("machine,snapshot\n" + "".join(f"{name},{k}\n" for name in machines for k in range(n)))
    return path
