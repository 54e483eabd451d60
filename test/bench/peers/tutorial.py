"""FastAPI as its tutorial has it: pydantic models in and out."""

import model
import numpy
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Tensor(BaseModel):
    name: str
    datatype: str
    shape: list[int]
    data: list[float]


class InferRequest(BaseModel):
    inputs: list[Tensor]


class InferResponse(BaseModel):
    model_name: str
    model_version: str
    outputs: list[Tensor]


@app.post("/v2/models/digits/infer")
async def infer(request: InferRequest) -> InferResponse:
    tensor = request.inputs[0]
    arrays = model.run(numpy.array(tensor.data, dtype=numpy.float32).reshape(tensor.shape))
    return InferResponse(
        model_name="digits",
        model_version="1",
        outputs=[
            Tensor(
                name=name,
                datatype=model.datatypes[array.dtype.name],
                shape=list(array.shape),
                data=array.ravel().tolist(),
            )
            for name, array in zip(model.output_names, arrays)
        ],
    )


model.serve(app)
