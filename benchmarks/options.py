"""Options and environment of all benchmark programs."""

import argparse
import os
import sys

from benchmarks import machine

BLAS_KERNEL = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # the second is set to suit the first


def add_options(parser: argparse.ArgumentParser, *, rounds: bool = True) -> None:
    """Add the options that programs share; with `rounds`, those for programs that measure in rounds."""
    if rounds:
        parser.add_argument("--rounds", type=int, default=9, help="samples of each contestant (default 9)")
    parser.add_argument("--threads", type=int, default=machine.cores(), help="for each contestant (default: all cores)")
    parser.add_argument("--quick", action="store_true", help="as little as shows that it works")
    keep = f"leave {' and '.join(BLAS_KERNEL)} as they are, which slow down NumPy's OpenBLAS alone"
    parser.add_argument("--keep-blas-kernel", action="store_true", help=keep)


def settle(options: argparse.Namespace) -> argparse.Namespace:
    """Prepare this process and those it starts for measuring; call it before any other work.

    The process keeps to `threads` cores. Unless told not to, it starts again without the variables that choose
    OpenBLAS's kernel, which are read when NumPy is imported. Adds the seconds of a sample to the options, and reduces
    all of them for --quick.
    """
    given = [name for name in BLAS_KERNEL if name in os.environ]
    if given and not options.keep_blas_kernel:
        print(f"dropped {' and '.join(given)}; --keep-blas-kernel keeps them", file=sys.stderr, flush=True)
        rest = {name: value for name, value in os.environ.items() if name not in BLAS_KERNEL}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], rest)
    machine.use_cores(options.threads)
    options.slot = 0.02 if options.quick else 0.35
    if options.quick and "rounds" in options:
        options.rounds = 1
    return options
