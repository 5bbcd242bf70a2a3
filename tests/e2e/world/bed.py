"""A computer's USB that is not there: in the sysfs and dev of a umockdev test bed.

Programs that run with UMOCKDEV_DIR set to the folder printed at the start, and with umockdev's library preloaded, see it.
One command a line on standard input, each answered by one line; ends when standard input ends.

plug PTY [VENDOR PRODUCT]
            a serial adapter, or what has these ids, with a pseudo-terminal as its line
unplug      takes it away
hub SOCKET  the device that speaks USB/IP at the socket, whenever there is one; answered when the first is there
clear       takes away the adapter if it is there, and waits until no USB device is
"""

import pathlib
import socket
import struct
import sys
import threading

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev

# The serial adapter: a CP2102N, as on many boards.
VENDOR, PRODUCT = "10c4", "ea60"
# The browser lists only device numbers of drivers that call themselves serial in /proc/tty/drivers. Every PC has ttyS.
MAJOR, MINOR = "4", "64"
# The kernel's number for USB devices.
USB_MAJOR = 189
# Standard requests and kinds of descriptors (USB 2.0 §9.4).
GET_DESCRIPTOR, IN = 6, 0x80
DEVICE, CONFIGURATION, STRING, ENGLISH = 1, 2, 3, 0x0409
# The commands of USB/IP, and the length of its messages (the kernel's Documentation/usb/usbip_protocol.rst).
SUBMIT, MESSAGE = 1, 48

bed = UMockdev.Testbed.new()
root = pathlib.Path(bed.get_root_dir())
lock = threading.Lock()


def pairs(values):
    return [str(item) for pair in values.items() for item in pair]


class Adapter:
    """The serial adapter."""

    def __init__(self):
        usb = bed.add_device(
            "usb", "1-1", None,
            ["idVendor", VENDOR, "idProduct", PRODUCT, "product", "CP2102N USB to UART", "busnum", "1", "devnum", "7"],
            ["DEVTYPE", "usb_device", "ID_VENDOR_ID", VENDOR, "ID_MODEL_ID", PRODUCT],
        )
        self.interface = bed.add_device("usb", "1-1:1.0", usb, ["bInterfaceNumber", "00"], ["DEVTYPE", "usb_interface"])
        (root / "dev").mkdir(exist_ok=True)
        self.tty = None

    def plug(self, pty, vendor=VENDOR, product=PRODUCT):
        # The link comes first: adding a device tells the browser at once.
        (root / "dev/ttyUSB0").symlink_to(pty)
        self.tty = bed.add_device(
            "tty", "ttyUSB0", self.interface, ["dev", f"{MAJOR}:{MINOR}"],
            [
                "DEVNAME", "/dev/ttyUSB0", "MAJOR", MAJOR, "MINOR", MINOR, "ID_BUS", "usb",
                "ID_VENDOR_ID", vendor, "ID_MODEL_ID", product, "ID_MODEL", "Simulated", "ID_SERIAL_SHORT", "FIELDFLASH",
            ],
        )

    def unplug(self):
        # Unlike adding, removing tells nobody.
        bed.uevent(self.tty, "remove")
        bed.remove_device(self.tty)
        self.tty = None


class Hub:
    """The port that a USB device is plugged into."""

    def __init__(self, path):
        self.path = path
        self.number = 1
        self.found = threading.Event()
        pathlib.Path(path).chmod(0o666)
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while True:
            with socket.socket(socket.AF_UNIX) as self.device:
                try:
                    # Who connects while no device is there waits for the next one.
                    self.device.connect(self.path)
                except OSError:
                    # None will come any more.
                    return
                try:
                    device = self.add()
                except OSError:
                    continue
                self.found.set()
                self.stay()
                with lock:
                    bed.uevent(device, "remove")
                    bed.remove_device(device)

    def stay(self):
        """Returns once the device is gone; it says nothing by itself."""
        try:
            self.device.recv(1)
        except ConnectionError:
            pass

    def add(self):
        """Asks the device what it is, as a kernel does, and shows it."""
        about = self.descriptor(DEVICE, 0, 18)
        (length,) = struct.unpack_from("<H", self.descriptor(CONFIGURATION, 0, 9), 2)
        configuration = self.descriptor(CONFIGURATION, 0, length)
        names = [self.text(number) for number in about[14:17]]
        vendor, product, release = (f"{word:04x}" for word in struct.unpack_from("<HHH", about, 8))
        self.number += 1
        attributes = {
            "busnum": 1, "devnum": self.number, "speed": 12, "idVendor": vendor, "idProduct": product,
            "bcdDevice": release, "bConfigurationValue": 1, "bNumConfigurations": 1,
            **dict(zip(["manufacturer", "product", "serial"], names)),
        }
        properties = {
            "DEVTYPE": "usb_device", "DEVNAME": f"/dev/bus/usb/001/{self.number:03}", "MAJOR": USB_MAJOR,
            "MINOR": self.number - 1, "BUSNUM": "001", "DEVNUM": f"{self.number:03}", "ID_VENDOR_ID": vendor,
            "ID_MODEL_ID": product,
        }
        with lock:
            device = bed.add_device("usb", "1-2", None, pairs(attributes), pairs(properties))
            bed.set_attribute_binary(device, "descriptors", about + configuration)
            # Adding it told of it before its descriptors were there.
            bed.uevent(device, "add")
        return device

    def descriptor(self, kind, number, length):
        setup = struct.pack("<BBHHH", IN, GET_DESCRIPTOR, kind << 8 | number, ENGLISH if kind == STRING else 0, length)
        self.device.sendall(struct.pack(">10I", SUBMIT, 1, 0, 1, 0, 0, length, 0, 0xFFFFFFFF, 0) + setup)
        status, length = struct.unpack_from(">iI", self.read(MESSAGE), 20)
        return b"" if status else self.read(length)

    def text(self, number):
        return self.descriptor(STRING, number, 255)[2:].decode("utf-16-le", "replace") if number else ""

    def read(self, length):
        data = self.device.recv(length, socket.MSG_WAITALL) if length else b""
        if len(data) < length:
            raise ConnectionError("the device is gone")
        return data


adapter, hubs = Adapter(), []
print(root, flush=True)
for line in sys.stdin:
    match line.split():
        case ["plug", pty, *ids]:
            with lock:
                adapter.plug(pty, *ids)
        case ["unplug"]:
            with lock:
                adapter.unplug()
        case ["hub", path]:
            hubs.append(Hub(path))
            hubs[-1].found.wait()
        case ["clear"]:
            if adapter.tty:
                with lock:
                    adapter.unplug()
            while hubs:
                hubs.pop().thread.join()
        case words:
            sys.exit(f"bed.py does not know the command {words}")
    print("done", flush=True)
