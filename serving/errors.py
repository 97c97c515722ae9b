"""Why a model folder is not served."""


class BrokenModel(ValueError):  # noqa: N818  # it names what the folder is
    """A model folder is refused; the message is one line that names the file or field and what is accepted."""
