"""The commands, a module per family; see cli.py for what each offers."""
