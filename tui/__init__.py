"""A terminal inbox for sellers on the refurbed marketplace. This module holds the version and nothing else."""

__version__ = "0.1.0"
