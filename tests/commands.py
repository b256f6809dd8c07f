"""The command line as a user calls it: what one command says, and how it refuses a mistake."""

import pytest

from sim.cli import main


def call(capsys, *arguments):
    """Exit code, standard output and standard error of one command."""
    with pytest.raises(SystemExit) as done:
        main(list(arguments))
    out, err = capsys.readouterr()
    return done.value.code, out, err


def refused(capsys, words, *arguments):
    """Whether a command ends with exit code 2 and one line that holds some words, and nothing else."""
    code, out, err = call(capsys, *arguments)
    return code == 2 and out == "" and words in err and len(err.strip().splitlines()) == 1 and "Traceback" not in err
