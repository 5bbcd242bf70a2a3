"""A USB serial adapter that is not there: in the sysfs and dev of a umockdev test bed, with a pseudo-terminal as its line.

Programs that run with UMOCKDEV_DIR set to the folder printed at the start, and with umockdev's library preloaded, see it.
One command a line on standard input, each answered by one line: `plug PTY`, `unplug`. Ends when standard input ends.
"""

import pathlib
import sys

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev

# A CP2102N, as on many boards.
VENDOR, PRODUCT = "10c4", "ea60"
# The browser lists only device numbers of drivers that call themselves serial in /proc/tty/drivers. Every PC has ttyS.
MAJOR, MINOR = "4", "64"

bed = UMockdev.Testbed.new()
root = pathlib.Path(bed.get_root_dir())
usb = bed.add_device(
    "usb", "1-1", None,
    ["idVendor", VENDOR, "idProduct", PRODUCT, "product", "CP2102N USB to UART", "busnum", "1", "devnum", "7"],
    ["DEVTYPE", "usb_device", "ID_VENDOR_ID", VENDOR, "ID_MODEL_ID", PRODUCT],
)
interface = bed.add_device("usb", "1-1:1.0", usb, ["bInterfaceNumber", "00"], ["DEVTYPE", "usb_interface"])
(root / "dev").mkdir(exist_ok=True)
tty = None


def plug(pty):
    global tty
    # The link comes first: adding a device tells the browser at once.
    (root / "dev/ttyUSB0").symlink_to(pty)
    tty = bed.add_device(
        "tty", "ttyUSB0", interface, ["dev", f"{MAJOR}:{MINOR}"],
        [
            "DEVNAME", "/dev/ttyUSB0", "MAJOR", MAJOR, "MINOR", MINOR, "ID_BUS", "usb",
            "ID_VENDOR_ID", VENDOR, "ID_MODEL_ID", PRODUCT, "ID_MODEL", "CP2102N", "ID_SERIAL_SHORT", "FIELDFLASH",
        ],
    )


def unplug():
    global tty
    # Unlike adding, removing tells nobody.
    bed.uevent(tty, "remove")
    bed.remove_device(tty)
    tty = None


print(root, flush=True)
for line in sys.stdin:
    match line.split():
        case ["plug", pty]:
            plug(pty)
        case ["unplug"]:
            unplug()
        case words:
            sys.exit(f"adapter.py does not know the command {words}")
    print("done", flush=True)
