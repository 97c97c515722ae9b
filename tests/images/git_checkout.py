"""Git for checkouts that tests make."""

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """What git prints, for an author of its own."""
    author = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    done = subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit_all(folder: Path) -> str:
    """Make a folder a git checkout with one commit, and return its name."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return git(folder, "rev-parse", "HEAD")
