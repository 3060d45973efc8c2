"""Stand-ins for the services, as small as can be: what the supervisor sees of a service is a process and its probe."""

from pathlib import Path

SERVICE = """
import http.server, json, os, signal, subprocess, sys, threading, time

ROLE = os.path.basename(os.path.dirname(os.path.abspath(__file__)))
FLAGS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "flags")


def flag(name):
    return os.path.exists(os.path.join(FLAGS, f"{os.environ['WORKER_NAME']}.{name}"))


if flag("crash"):
    print("cannot open the frobnicator", flush=True)
    sys.exit(7)
if flag("stubborn"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if flag("child"):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(json.dumps({"level": "warning", "event": ROLE + ".started"}), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if flag("unready") else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


port = os.environ["GATEWAY_PORT" if ROLE == "api_gateway" else "METRICS_PORT"]
http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""

MIGRATE = """
import os, psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS migrated (at timestamptz DEFAULT now())")
"""


def make_root(root: Path) -> Path:
    """Write the stand-ins to ``root``; files in ``root/flags`` called ``<process>.<what>`` make one misbehave."""
    (root / "flags").mkdir(parents=True)
    for package in ("api_gateway", "scheduler", "workers", "shared", "shared/db"):
        (root / package).mkdir()
        (root / package / "__init__.py").touch()
    for package in ("api_gateway", "scheduler", "workers"):
        (root / package / "__main__.py").write_text(SERVICE, encoding="utf-8")
    (root / "shared/db/migrate.py").write_text(MIGRATE, encoding="utf-8")
    return root
