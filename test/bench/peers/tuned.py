"""FastAPI with orjson and without pydantic."""

import model
from fastapi import FastAPI, Request, Response

app = FastAPI(openapi_url=None)


@app.post("/v2/models/digits/infer")
async def infer(request: Request) -> Response:
    header = request.headers.get("inference-header-content-length")
    body, kind, length = model.infer(await request.body(), header)
    headers = None if length is None else {"Inference-Header-Content-Length": str(length)}
    return Response(body, media_type=kind, headers=headers)


model.serve(app)
