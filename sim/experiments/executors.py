"""Where units run: processes of this machine, or a Dask cluster; both behind `concurrent.futures.Executor`."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from ..errors import InputError

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
              "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")  # fmt: skip
MOST_WORKERS = 1024
HEAVY = "sim.experiments.unit"  # imported once by the server from which workers fork


def cores() -> int:
    """Processors this process may use (dimensionless)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def local_pool(workers: int) -> Executor:
    """A pool of worker processes with one thread each, which end when this process does, however it ends.

    Workers start from a clean server process (forkserver) where there is one, else from nothing (spawn): a plain fork
    would copy threads and locks of the parent.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"--workers: {workers} is out of range; use 1 to {MOST_WORKERS}")
    for name in ONE_THREAD:
        os.environ[name] = "1"
    method = "spawn" if sys.platform == "win32" else "forkserver"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([HEAVY])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=watch_parent)


def watch_parent() -> None:
    """End this worker when the process that started it is gone, even by a signal that nobody can catch."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    parent = multiprocessing.parent_process()
    if parent is not None:
        def follow():
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


@contextmanager
def dask_pool(address: str | None, workers: int) -> Iterator[Executor]:
    """The executor of a Dask cluster: the one at ``address``, or one started here with ``workers`` processes.

    Raises
    ------
    InputError : if Dask is not installed or no scheduler answers
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError("--executor dask: Dask is not installed; use pip install 'aicompute[cluster]'") from None
    for name in ONE_THREAD:
        os.environ[name] = "1"
    cluster = None
    try:
        if address is None:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        client = Client(address or cluster, timeout="15s")
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"--address: no Dask scheduler answers at {address} ({error or 'timeout'})") from None
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()
        if cluster is not None:
            cluster.close()
