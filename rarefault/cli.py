"""The `rarefault` command: commands are found by entry point, so that the library needs no platform."""

import sys
import traceback
from importlib.metadata import entry_points

import click

from rarefault import __version__
from rarefault.errors import InputError, StepError

GROUP = "rarefault.commands"


class Commands(click.Group):
    """Commands by name, each imported when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Every installed command."""
        return sorted(entry.name for entry in entry_points(group=GROUP))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command called `name`, or None."""
        found = [entry for entry in entry_points(group=GROUP) if entry.name == name]
        return found[0].load() if found else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="rarefault")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def rarefault(debug: bool) -> None:
    """Fault detection when faults are rare.

    Start with `rarefault run fault-detection`: it runs the whole pipeline on simulated data. Then give it your own:

      rarefault run fault-detection --data my.csv --label result --positive fail
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: exit code 0, 1 for a failure, 2 for bad input (one line says what is wrong)."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = rarefault.main(words, prog_name="rarefault", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (InputError, StepError) as problem:
        _tell(problem, words)
        sys.exit(2 if isinstance(problem, InputError) else 1)
    except (KeyboardInterrupt, click.exceptions.Abort):  # click turns the one into the other
        click.echo("rarefault: interrupted; the same command goes on where it stopped", err=True)
        sys.exit(130)
    except Exception as problem:  # the command line's last word: one line, the traceback with --debug
        _tell(problem, words)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _tell(problem: Exception, words: list[str]) -> None:
    if "--debug" in words:
        traceback.print_exc()
    kind = "" if isinstance(problem, (InputError, StepError)) else f"{type(problem).__name__}: "
    click.echo(f"rarefault: {kind}{' '.join(str(problem).split())}", err=True)


if __name__ == "__main__":
    main()
