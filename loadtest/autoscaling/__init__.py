"""How many replicas a load leads to, and the response times that result: Knative's and Kubernetes' rules, simulated.

`python -m loadtest.autoscaling --help` asks the question; `simulate` answers it from Python.
"""

from loadtest.autoscaling.cluster import Cluster, Trace, simulate
from loadtest.autoscaling.knative import Knative, KnativeSettings
from loadtest.autoscaling.kubernetes import Horizontal, HorizontalSettings
from loadtest.autoscaling.load import Load

__all__ = [
    "Cluster",
    "Horizontal",
    "HorizontalSettings",
    "Knative",
    "KnativeSettings",
    "Load",
    "Trace",
    "simulate",
]
