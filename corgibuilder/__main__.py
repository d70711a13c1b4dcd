"""The program ``corgibuilder``, also as ``python -m corgibuilder``."""

from corgibuilder.interrupts import held, run_program


def main() -> None:
    """Run the command line."""
    run_program(_command_line)


def _command_line() -> None:
    """A signal while the libraries load takes effect after that."""
    with held():  # an exception in the middle of an import would not always get out of it
        from corgibuilder.cli import app
    app()


if __name__ == "__main__":
    main()
