"""A small LLM service: POST /ask {"prompt": "..."} asks Anthropic. Standard library only; it knows nothing of the proxy."""

import contextlib
import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ask(prompt: str) -> str:
    request = urllib.request.Request(
        os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com") + "/v1/messages",
        data=json.dumps(
            {
                "model": os.environ.get("MODEL", "claude-haiku-4-5"),
                "max_tokens": 256,
                "messages": [{"role": "user", "content": prompt}],
            }
        ).encode(),
        headers={
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
            "x-api-key": os.environ.get("ANTHROPIC_API_KEY", ""),
        },
    )
    with urllib.request.urlopen(request, timeout=120) as response:
        message = json.load(response)
    return "".join(part.get("text", "") for part in message["content"])


class Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        if self.path != "/ask":
            return self.reply(404, {"error": "POST /ask"})
        length = int(self.headers.get("content-length", 0))
        try:
            prompt = json.loads(self.rfile.read(length))["prompt"]
            self.reply(200, {"answer": ask(prompt)})
        except (ValueError, KeyError):
            self.reply(400, {"error": 'body: {"prompt": "..."}'})
        except urllib.error.HTTPError as error:
            self.reply(502, {"error": f"provider answered {error.code}", "detail": error.read().decode(errors="replace")[:500]})
        except OSError as error:
            self.reply(502, {"error": str(error)})

    def reply(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        ThreadingHTTPServer(("0.0.0.0", 8000), Service).serve_forever()
