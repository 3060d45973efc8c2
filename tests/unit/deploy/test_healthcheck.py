"""What a container's health check says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.docker import healthcheck
from deploy.local.ports import free_ports


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_ready_service_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, b"ok\n") as port:
        monkeypatch.setenv("METRICS_PORT", str(port))
        assert healthcheck.main() == 0


def test_an_unready_one_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(503, b"postgres: PoolTimeout\n") as port:
        monkeypatch.setenv("METRICS_PORT", str(port))
        assert healthcheck.main() == 1
    assert capsys.readouterr().err == "postgres: PoolTimeout\n"


def test_one_that_does_not_answer_is_not_healthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("METRICS_PORT", str(port))
    assert healthcheck.main() == 1
    assert str(port) in capsys.readouterr().err
