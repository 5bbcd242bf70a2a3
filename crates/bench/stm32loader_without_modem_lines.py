"""Runs stm32loader on a pseudo-terminal, which has no modem lines: pyserial fails where it sets them."""

import sys

from serial import serialposix
from stm32loader.main import main

serialposix.Serial._update_rts_state = lambda self: None
serialposix.Serial._update_dtr_state = lambda self: None
main(*sys.argv[1:])
