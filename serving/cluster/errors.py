"""What can go wrong between a registered model and its cluster."""

from rarefault.errors import InputError, StepError


class ClusterError(InputError):
    """The Kubernetes API cannot be asked, or refused; one line that says why and what is accepted."""


class ForbiddenError(ClusterError):
    """The account may not do this."""


class UnknownKindError(ClusterError):
    """The cluster does not know this kind of object: what defines it is not installed."""


class ConflictError(ClusterError):
    """An object changed meanwhile, or another manager owns fields of it.

    owners: the managers and their fields; empty where the object merely changed.
    """

    def __init__(self, message: str, owners: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.owners = owners


class RolloutError(StepError):
    """A version was not ready in time, or answers otherwise than registered."""


class SupersededError(StepError):
    """Another deployment of the same model began meanwhile and goes on in this one's place."""
