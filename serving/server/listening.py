"""The listening socket: how it is opened, and how it is closed without cutting anyone off."""

import ctypes
import socket
import struct

_ATTACH_FILTER = 26  # SO_ATTACH_FILTER of Linux
_NOT_SYN_ONLY = (
    (0x30, 0, 0, 13),  # load byte 13 of the TCP header: its flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN without ACK, a new connection:
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # anything else: accept
)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def refuse_new(sock: socket.socket) -> None:
    """Let nobody start a connection any more, but let those that have started finish; raises OSError.

    Closing a listening socket resets the connections that are still in its queue, some of which have sent a request. A
    packet filter that drops only the first packet of a connection empties the queue first.
    """
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in _NOT_SYN_ONLY))
    pointer = struct.pack("HP", len(_NOT_SYN_ONLY), ctypes.addressof(program))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, pointer)
