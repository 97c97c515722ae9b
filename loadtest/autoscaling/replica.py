"""One replica: a single-threaded server with a first-come queue, under a CPU limit as Linux enforces it."""

from collections import defaultdict, deque

PERIOD = 0.1  # seconds; the CFS bandwidth period that Kubernetes uses


class Replica:
    """Serves requests one after the other; may use `limit` x 0.1 s of CPU in each 0.1 s, and then stands still.

    A limit of 0.5 CPU does not halve the speed: a request that finds quota left is served at full speed, one that finds
    none waits for the next period (Linux kernel documentation, "CFS Bandwidth Control").
    """

    def __init__(self, started: float, ready: float, limit: float) -> None:
        self.started, self.ready = started, ready
        self.quota = min(limit, 1.0) * PERIOD
        self.free_at, self.period, self.used = ready, -1, 0.0
        self.finishing: deque[float] = deque()
        self.cpu: defaultdict[int, float] = defaultdict(float)

    def in_flight(self, now: float) -> int:
        """Requests that have arrived and not yet been answered."""
        while self.finishing and self.finishing[0] <= now:
            self.finishing.popleft()
        return len(self.finishing)

    def serve(self, now: float, cpu: float) -> float:
        """Take a request that needs `cpu` seconds; returns when it is answered. Calls come in order of time."""
        at = max(now, self.free_at)
        while True:
            # an end of a period reached by adding up may lie a rounding error before it
            period = int((at - self.started + 1e-9) / PERIOD)
            if period != self.period:
                self.period, self.used = period, 0.0
            end = self.started + (period + 1) * PERIOD
            run = min(cpu, self.quota - self.used, end - at)
            self.cpu[int(at)] += run
            self.used += run
            cpu -= run
            at += run
            if cpu <= 1e-12:
                break
            at = end
        self.free_at = at
        self.finishing.append(at)
        return at

    def cpu_share(self, now: int, window: int) -> float:
        """Mean CPU used over the last `window` seconds, in cores."""
        return sum(self.cpu.get(second, 0.0) for second in range(now - window, now)) / window
