#!/usr/bin/env python3
"""A link between two network namespaces that delays each packet, for kernels without netem (tests/cluster).

Usage: delayed_link.py NAMESPACE1 NAMESPACE2 DEVICE MILLISECONDS

Makes the tun device DEVICE in each and passes packets on until it is ended. Prints "ready" once they are there.
"""
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def open_device(namespace, name):
    where = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(where, CLONE_NEWNET) != 0:
        sys.exit(f"{namespace}: {os.strerror(ctypes.get_errno())}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main():
    first, second, name, milliseconds = sys.argv[1:]
    delay = float(milliseconds) / 1000
    devices = [open_device(namespace, name) for namespace in (first, second)]
    other = dict(zip(devices, reversed(devices)))
    waiting = []  # (when it is due, device, packet), in order since all wait as long
    print("ready", flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select(devices, [], [], pause)[0]:
            waiting.append((time.monotonic() + delay, other[device], os.read(device, 65536)))
        while waiting and waiting[0][0] <= time.monotonic():
            _, device, packet = waiting.pop(0)
            try:
                os.write(device, packet)
            except OSError:
                pass  # as networks do: it is lost


if __name__ == "__main__":
    main()
