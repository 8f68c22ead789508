"""The same through the specification's library for Python."""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook


telling = threading.Lock()


def tell(value):
    # Calls come at the same time: a line of one must not be cut by another's.
    with telling:
        print(json.dumps(value), flush=True)


def accepts(body, headers):
    with open(sys.argv[1]) as file:
        secret = file.read().strip()
    try:
        Webhook(secret).verify(body, headers)
        return True
    except Exception:
        return False


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        tell({
            "id": headers["webhook-id"],
            "verified": accepts(body, headers),
            "changed": accepts(body + " ", headers),
            "body": body,
        })
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
tell({"port": server.server_address[1]})
sys.stdin.read()
