"""One JSON answer and one stream by the library named in CLIENT_LIBRARY; prints each body in base64."""
import asyncio
import base64
import json
import os

with open(os.environ["CLIENT_CALLS"]) as file:
    CALLS = json.load(file)
LIBRARY = os.environ["CLIENT_LIBRARY"]


def say(status, body):
    print(status, base64.b64encode(body).decode(), flush=True)


async def with_aiohttp():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        for call in CALLS:
            async with session.post(call["url"], headers=call["headers"], data=call["body"].encode()) as answer:
                say(answer.status, await answer.read())


if LIBRARY == "urllib":
    from urllib.request import Request, urlopen

    for call in CALLS:
        answer = urlopen(Request(call["url"], call["body"].encode(), call["headers"], method="POST"))
        say(answer.status, answer.read())
elif LIBRARY == "requests":
    import requests

    for call in CALLS:
        answer = requests.post(call["url"], headers=call["headers"], data=call["body"].encode())
        say(answer.status_code, answer.content)
elif LIBRARY == "httpx":
    import httpx

    for call in CALLS:
        answer = httpx.post(call["url"], headers=call["headers"], content=call["body"].encode())
        say(answer.status_code, answer.content)
elif LIBRARY == "aiohttp":
    asyncio.run(with_aiohttp())
else:
    raise SystemExit("which library?")
