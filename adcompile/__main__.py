"""python -m adcompile."""

import sys

from adcompile.cli import main

sys.exit(main())
