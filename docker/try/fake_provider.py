"""Answers as api.anthropic.com would, with known usage. For docker/try-sidecar.sh only."""

import contextlib
import json
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        # The key of docker/try/compose.override.yml: it must come through whole, though nobody on the way may keep it.
        if self.headers.get("x-api-key") != "sk-ant-api03-sidecar-canary-0123456789abcdef":
            return self.send_error(401)
        body = json.dumps(
            {
                "id": "msg_sidecar",
                "type": "message",
                "role": "assistant",
                "model": "claude-haiku-4-5-20251001",
                "content": [{"type": "text", "text": "Hello from the fake provider."}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 321, "output_tokens": 45, "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 0},
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("0.0.0.0", 8443), Provider)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain("/fake/cert.pem", "/fake/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
with contextlib.suppress(KeyboardInterrupt):
    server.serve_forever()
