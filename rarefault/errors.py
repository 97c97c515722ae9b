"""The one error a user can mend: bad input, told in one line."""


class InputError(ValueError):
    """Input was refused; the message is one line that names the cause and what is accepted.

    The command line prints it without a traceback and exits with code 2.
    """


class StepError(RuntimeError):
    """A pipeline step failed for another reason than its input; the message names the step and where its log is."""
