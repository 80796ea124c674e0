"""On the path of a Python: no name server answers it, and it says which names it asked for."""

import socket
import time

real = socket.getaddrinfo


def hang(host, *rest, **more):
    if host not in (None, "localhost", "127.0.0.1", "::1", "::", "0.0.0.0"):
        print("LOOKED UP", host, flush=True)
        time.sleep(60)
    return real(host, *rest, **more)


socket.getaddrinfo = socket.gethostbyname = socket.getfqdn = hang
