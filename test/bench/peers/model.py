"""What all peers share: the session, and tensors of the Open Inference Protocol as arrays."""

import os

import numpy
import onnxruntime
import orjson

# One thread, as in mlreg: those of the default spin, and take twice the CPU time.
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
input_name = session.get_inputs()[0].name
output_names = [output.name for output in session.get_outputs()]
datatypes = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "int32": "INT32"}


def run(array: numpy.ndarray) -> list[numpy.ndarray]:
    return session.run(None, {input_name: array})


def infer(body: bytes, header: bytes | None) -> tuple[bytes, str, int | None]:
    """The body of an answer, its type, and the length of its JSON if tensors follow it."""
    if header is None:
        tensor = orjson.loads(body)["inputs"][0]
        array = numpy.array(tensor["data"], dtype=numpy.float32).reshape(tensor["shape"])
        arrays = run(array)
        outputs = [
            {
                "name": name,
                "datatype": datatypes[array.dtype.name],
                "shape": array.shape,
                "data": numpy.ascontiguousarray(array).ravel(),
            }
            for name, array in zip(output_names, arrays)
        ]
        answer = {"model_name": "digits", "model_version": "1", "outputs": outputs}
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), "application/json", None
    length = int(header)
    tensor = orjson.loads(body[:length])["inputs"][0]
    arrays = run(numpy.frombuffer(body, dtype=numpy.float32, offset=length).reshape(tensor["shape"]))
    outputs = [
        {
            "name": name,
            "datatype": datatypes[array.dtype.name],
            "shape": array.shape,
            "parameters": {"binary_data_size": array.nbytes},
        }
        for name, array in zip(output_names, arrays)
    ]
    head = orjson.dumps({"model_name": "digits", "model_version": "1", "outputs": outputs})
    return b"".join([head, *(array.tobytes() for array in arrays)]), "application/octet-stream", len(head)


def serve(app) -> None:
    """One process with uvloop and httptools, which are the fastest that uvicorn has."""
    import uvicorn

    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="error", access_log=False, loop="uvloop", http="httptools")
