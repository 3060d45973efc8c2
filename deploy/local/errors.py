"""What can go wrong while starting or running the fleet on one machine."""


class LaunchError(Exception):
    """Something could not be started or kept running; the message says what to do about it."""


class DataDirInUseError(LaunchError):
    """Another process holds the data directory."""


class UsageError(Exception):
    """The command line or the environment asks for something that makes no sense."""
