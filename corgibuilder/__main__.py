"""The program ``corgibuilder``, also as ``python -m corgibuilder``."""

from corgibuilder.interrupts import ended_in_one_line, held


def main() -> None:
    """Run the command line. A signal while its libraries load takes effect after that."""
    with ended_in_one_line():
        with held():  # an exception in the middle of an import would not always get out of it
            from corgibuilder.cli import app
        app()


if __name__ == "__main__":
    main()
