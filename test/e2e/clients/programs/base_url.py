"""One official SDK with its base-URL variable set, and nothing else: a chat, a stream, a call of a tool, an embedding."""
import json
import os

LIBRARY = os.environ["CLIENT_LIBRARY"]
# For SDKs that read no variable.
BASE = os.environ.get("CLIENT_BASE")
MODEL = "a-model"
MESSAGES = [{"role": "user", "content": "Hello"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": PARAMETERS}}]


def openai_like(client):
    def stream():
        options = {"include_usage": True}
        chunks = client.chat.completions.create(
            model=MODEL, messages=MESSAGES, stream=True, stream_options=options
        )
        return "".join((chunk.choices[0].delta.content or "") for chunk in chunks if chunk.choices)

    def tool():
        answer = client.chat.completions.create(model=MODEL, messages=MESSAGES, tools=TOOLS)
        call = answer.choices[0].message.tool_calls[0]
        return [call.function.name, json.loads(call.function.arguments)["city"]]

    chat = client.chat.completions.create
    return {
        "chat": lambda: chat(model=MODEL, messages=MESSAGES).choices[0].message.content,
        "stream": stream,
        "tool": tool,
    }


def openai():
    import openai

    client = openai.OpenAI()
    return {
        **openai_like(client),
        "response": lambda: client.responses.create(model=MODEL, input="Hello").output_text,
        "embed": lambda: len(client.embeddings.create(model=MODEL, input="Hello").data[0].embedding),
    }


def anthropic():
    import anthropic

    client = anthropic.Anthropic()
    request = {"model": MODEL, "max_tokens": 100, "messages": MESSAGES}

    def stream():
        with client.messages.stream(**request) as events:
            return events.get_final_message().content[0].text

    def tool():
        block = client.messages.create(tools=[{"name": "weather", "input_schema": PARAMETERS}], **request).content[0]
        return [block.name, block.input["city"]]

    return {"chat": lambda: client.messages.create(**request).content[0].text, "stream": stream, "tool": tool}


def google():
    from google import genai

    client = genai.Client()
    request = {"model": MODEL, "contents": "Hello"}

    def tool():
        declaration = {"name": "weather", "parameters_json_schema": PARAMETERS}
        config = {"tools": [{"function_declarations": [declaration]}]}
        call = client.models.generate_content(config=config, **request).function_calls[0]
        return [call.name, call.args["city"]]

    return {
        "chat": lambda: client.models.generate_content(**request).text,
        "stream": lambda: "".join(chunk.text or "" for chunk in client.models.generate_content_stream(**request)),
        "tool": tool,
        "embed": lambda: len(client.models.embed_content(**request).embeddings[0].values),
    }


def groq():
    import groq

    client = groq.Groq()
    seen = openai_like(client)

    def stream():
        chunks = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        return "".join((chunk.choices[0].delta.content or "") for chunk in chunks if chunk.choices)

    return {**seen, "stream": stream}


def cohere():
    import cohere

    client = cohere.ClientV2()

    def stream():
        events = client.chat_stream(model=MODEL, messages=MESSAGES)
        return "".join(event.delta.message.content.text for event in events if event.type == "content-delta")

    def tool():
        call = client.chat(model=MODEL, messages=MESSAGES, tools=TOOLS).message.tool_calls[0]
        return [call.function.name, json.loads(call.function.arguments)["city"]]

    def embed():
        answer = client.embed(
            model=MODEL, texts=["Hello"], input_type="search_document", embedding_types=["float"]
        )
        return len(answer.embeddings.float_[0])

    return {
        "chat": lambda: client.chat(model=MODEL, messages=MESSAGES).message.content[0].text,
        "stream": stream,
        "tool": tool,
        "embed": embed,
    }


def mistral():
    from mistralai.client import Mistral

    client = Mistral(api_key=os.environ["MISTRAL_API_KEY"], server_url=BASE)

    def stream():
        events = client.chat.stream(model=MODEL, messages=MESSAGES)
        return "".join((event.data.choices[0].delta.content or "") for event in events if event.data.choices)

    def tool():
        call = client.chat.complete(model=MODEL, messages=MESSAGES, tools=TOOLS).choices[0].message.tool_calls[0]
        return [call.function.name, json.loads(call.function.arguments)["city"]]

    return {
        "chat": lambda: client.chat.complete(model=MODEL, messages=MESSAGES).choices[0].message.content,
        "stream": stream,
        "tool": tool,
        "embed": lambda: len(client.embeddings.create(model=MODEL, inputs=["Hello"]).data[0].embedding),
    }


def ollama():
    import ollama

    def tool():
        call = ollama.chat(model=MODEL, messages=MESSAGES, tools=TOOLS).message.tool_calls[0]
        return [call.function.name, call.function.arguments["city"]]

    return {
        "chat": lambda: ollama.chat(model=MODEL, messages=MESSAGES).message.content,
        "stream": lambda: "".join(
            part.message.content for part in ollama.chat(model=MODEL, messages=MESSAGES, stream=True)
        ),
        "tool": tool,
        "embed": lambda: len(ollama.embed(model=MODEL, input="Hello").embeddings[0]),
    }


SDKS = {
    "openai": openai,
    "anthropic": anthropic,
    "google": google,
    "groq": groq,
    "cohere": cohere,
    "mistral": mistral,
    "ollama": ollama,
}
print(json.dumps({name: ask() for name, ask in SDKS[LIBRARY]().items()}))
