"""Erases two units by their numbers and writes a file, with stm32loader: PORT FILE NUMBER NUMBER ADDRESS"""

import sys

from serial import serialposix
from stm32loader.bootloader import Stm32Bootloader
from stm32loader.uart import SerialConnection

# A pseudo-terminal has no modem lines: pyserial fails where it sets them.
serialposix.Serial._update_rts_state = lambda self: None
serialposix.Serial._update_dtr_state = lambda self: None

port, file, *numbers, address = sys.argv[1:]
connection = SerialConnection(port, 115200, "N")
connection.connect()
loader = Stm32Bootloader(connection, verbosity=0, show_progress=False)
loader.reset_from_system_memory()
loader.get()
loader.erase_memory([int(number) for number in numbers])
with open(file, "rb") as source:
    data = source.read()
loader.write_memory_data(int(address), data)
assert loader.read_memory_data(int(address), len(data)) == data
