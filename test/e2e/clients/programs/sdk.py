"""The official Python SDKs, streaming and not; prints the id and text of each answer."""
import json
import os

SDK = os.environ["CLIENT_LIBRARY"]


def say(identifier, text):
    print(json.dumps({"id": identifier, "text": text}), flush=True)


if SDK == "openai":
    import openai

    client = openai.OpenAI(api_key="sk-proj-test", max_retries=0)
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    chat = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    say(chat.id, chat.choices[0].message.content)
    identifier, text = "", ""
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options=options
    ):
        identifier = chunk.id
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    say(identifier, text)
    response = client.responses.create(model="gpt-5-mini", input="Capital of France?")
    say(response.id, response.output_text)
elif SDK == "anthropic":
    import anthropic

    client = anthropic.Anthropic(api_key="sk-ant-test", max_retries=0)
    request = {
        "model": "claude-sonnet-5",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "Why does the test fail?"}],
    }
    message = client.messages.create(**request)
    say(message.id, message.content[0].text)
    with client.messages.stream(system="Be brief.", **request) as stream:
        message = stream.get_final_message()
    say(message.id, message.content[0].text)
elif SDK == "google-genai":
    from google import genai

    client = genai.Client(api_key="AIzaTest")
    answer = client.models.generate_content(model="gemini-2.5-flash", contents="Three ideas, please.")
    say(answer.response_id, answer.text)
    identifier, text = "", ""
    for chunk in client.models.generate_content_stream(model="gemini-2.5-flash", contents="Again."):
        identifier = chunk.response_id
        text += chunk.text or ""
    say(identifier, text)
else:
    raise SystemExit("which SDK?")
