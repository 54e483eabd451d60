"""No framework: uvicorn calls this function."""

import model


async def app(scope, receive, send) -> None:
    parts = []
    while True:
        message = await receive()
        parts.append(message["body"])
        if not message["more_body"]:
            break
    given = next((value for name, value in scope["headers"] if name == b"inference-header-content-length"), None)
    body, kind, length = model.infer(b"".join(parts), given)
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    if length is not None:
        headers.append((b"inference-header-content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


model.serve(app)
