"""A registered model on a KServe cluster: copied, applied, asked, moved step by step, and put back when it fails."""

from serving.cluster.errors import ClusterError, RolloutError, SupersededError
from serving.cluster.settings import RolloutSettings

__all__ = ["ClusterError", "RolloutError", "RolloutSettings", "SupersededError"]
