"""`python -m analysis dataset RUN... --in DIR`: stores runs as Parquet files, and writes one page of all of them."""

import argparse

from benchmarks.entry import DONE, path_of


def add_dataset_command(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    dataset = commands.add_parser("dataset", help="add runs to a Parquet dataset, and write one page of all in it")
    dataset.add_argument("runs", nargs="*", type=path_of, metavar="RUN", help="a run's folder (none: the page alone)")
    dataset.add_argument("--in", dest="folder", type=path_of, metavar="DIR", required=True, help="a folder of its own")
    add_lacking_option(dataset)
    dataset.add_argument("--no-page", action="store_true", help="add the runs only")
    dataset.set_defaults(command=_dataset)


def add_lacking_option(command: argparse.ArgumentParser) -> None:
    """Add the option that names what should have been measured and is in no run."""
    about = "what should have been measured, and why it is in no run: said at the top; once per line"
    command.add_argument("--lacking", metavar="TEXT", action="append", default=[], help=about)


def _dataset(options: argparse.Namespace) -> int:
    from analysis.dataset.parquet_runs import columnar_runs, write_columns  # pandas: --help need not wait for it

    added = sum(write_columns(run, options.folder) for run in options.runs)
    if options.runs:
        print(f"{added} of {len(options.runs)} runs added to {options.folder}; the others are there", flush=True)
    if options.no_page:
        return DONE
    from analysis.dataset.grid_page import grid_sentences, write_grid  # jinja2
    from analysis.dataset.version_grid import version_grid

    grid = version_grid(columnar_runs(options.folder))
    page = write_grid(grid, options.folder, options.lacking)
    print("\n".join(grid_sentences(grid)))
    print(f"page: {page}")
    return DONE
