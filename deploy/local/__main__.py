"""``python -m deploy.local``: the command line of scanfleet."""

from deploy.local.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
