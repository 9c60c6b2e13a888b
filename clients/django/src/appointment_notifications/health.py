"""Health and metrics of a long-running command over HTTP."""

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from django.db import connections

from appointment_notifications.tally import Tally

# A loop that has not come round for this long is stuck. The relay waits for Kafka for half a minute at most.
STUCK = 120.0


class Service(Protocol):
    """What a command shows of itself."""

    problem: str | None
    alive: float
    tally: Tally


@contextlib.contextmanager
def serve(address: str | None, service: Service) -> Iterator[str | None]:
    """Serves until the block ends and yields the address; does nothing without one."""
    if not address:
        yield None
        return
    host, _, port = address.rpartition(":")
    server = ThreadingHTTPServer((host or "127.0.0.1", int(port)), _handler(service))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield f"{server.server_address[0]!s}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                status, kind, body = answer(self.path.partition("?")[0], service)
            finally:
                # This thread's own, for the metrics.
                connections.close_all()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: probes come every few seconds."""

    return Handler


def answer(path: str, service: Service) -> tuple[int, str, bytes]:
    """Status, content type and body for a path."""
    plain = "text/plain; charset=utf-8"
    if path == "/livez":
        stuck = time.monotonic() - service.alive > STUCK
        return (503, plain, b"stuck\n") if stuck else (200, plain, b"ok\n")
    if path == "/readyz":
        problem = service.problem
        return (503, plain, f"{problem}\n".encode()) if problem else (200, plain, b"ok\n")
    if path == "/metrics":
        from appointment_notifications.metrics import render

        return render(service.tally)
    return 404, plain, b"not found\n"
