"""manage.py of the tests' project: the harness starts relay, consumer and writers with it."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(root), str(root / "src")]
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    execute_from_command_line(sys.argv)
