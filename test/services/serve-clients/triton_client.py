"""Triton's client, over HTTP and gRPC, against `mlreg serve`: HTTP_PORT GRPC_PORT GOLDEN."""

import json
import queue
import sys

import numpy as np
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException

http_port, grpc_port, golden = sys.argv[1:]
case = json.load(open(golden))["cases"][0]
rows = np.array(case["inputs"]["X"]["data"], np.float32).reshape(case["inputs"]["X"]["shape"])
labels = np.array(case["outputs"]["label"]["data"], np.int64)
checks = 0


def check(what, holds):
    global checks
    checks += 1
    if not holds:
        sys.exit(f"triton: {what}")


def refuses(what, part, action):
    try:
        action()
    except InferenceServerException as error:
        return check(f"{what}: {error}", part in str(error))
    check(f"{what}: no error", False)


def common(name, library, client):
    """What both clients have."""
    check(f"{name} live", client.is_server_live() and client.is_server_ready())
    check(f"{name} ready", client.is_model_ready("digits") and client.is_model_ready("digits", "1.0.0"))
    if name == "http":
        check(f"{name} not ready", not client.is_model_ready("nothing"))
    else:
        refuses(f"{name} not ready", "nothing", lambda: client.is_model_ready("nothing"))
    given = library.InferInput("X", rows.shape, "FP32")
    given.set_data_from_numpy(rows)
    wanted = [library.InferRequestedOutput("label"), library.InferRequestedOutput("probabilities")]
    answer = client.infer("digits", [given], outputs=wanted, request_id="a-1")
    check(f"{name} labels", (answer.as_numpy("label") == labels).all())
    check(f"{name} probabilities", np.allclose(answer.as_numpy("probabilities").sum(axis=1), 1, atol=1e-4))
    all_outputs = client.infer("digits", [given], model_version="1.0.0")
    check(f"{name} all outputs", (all_outputs.as_numpy("label") == labels).all())
    flat = library.InferInput("X", [1, 63], "FP32")
    flat.set_data_from_numpy(np.zeros((1, 63), np.float32))
    refuses(f"{name} shape", "64", lambda: client.infer("digits", [flat]))
    refuses(f"{name} model", "nothing", lambda: client.infer("nothing", [given]))
    refuses(f"{name} version", "9.9.9", lambda: client.infer("digits", [given], model_version="9.9.9"))
    refuses(f"{name} output", "other", lambda: client.infer(
        "digits", [given], outputs=[library.InferRequestedOutput("other")]))
    with_slash = client.is_model_ready("team/cars")
    check(f"{name} name with a slash", with_slash)
    cars = [library.InferInput(n, [1, 1], t) for n, t in texts_and_numbers]
    for one, value in zip(cars, values):
        one.set_data_from_numpy(value)
    check(f"{name} text", len(client.infer("team/cars", cars).get_response()["outputs"] if name == "http"
                              else client.infer("team/cars", cars).get_response().outputs) > 0)
    return given


client = over_http.InferenceServerClient(f"127.0.0.1:{http_port}")
signature = client.get_model_metadata("team/cars")["inputs"]
texts_and_numbers = [(one["name"], one["datatype"]) for one in signature]
kinds = {"BYTES": np.object_, "FP32": np.float32, "FP64": np.float64, "INT64": np.int64, "INT32": np.int32, "BOOL": np.bool_}
values = [np.array([["USA" if t == "BYTES" else 4]], dtype=kinds[t]) for _, t in texts_and_numbers]

given = common("http", over_http, client)
check("http server", client.get_server_metadata()["name"] != "" and client.get_model_config("digits") is not None)
as_json = over_http.InferInput("X", rows.shape, "FP32")
as_json.set_data_from_numpy(rows, binary_data=False)
plain = over_http.InferRequestedOutput("label", binary_data=False)
check("http json", (client.infer("digits", [as_json], outputs=[plain]).as_numpy("label") == labels).all())
for coding in ["gzip", "deflate"]:
    packed = client.infer("digits", [given], request_compression_algorithm=coding)
    check(f"http {coding}", (packed.as_numpy("label") == labels).all())
later = [client.async_infer("digits", [given]) for _ in range(20)]
check("http async", all((one.get_result().as_numpy("label") == labels).all() for one in later))
check("http index", any(one["name"] == "digits" for one in client.get_model_repository_index()))
check("http statistics", client.get_inference_statistics("digits")["model_stats"][0]["inference_count"] > 0)

client = over_grpc.InferenceServerClient(f"127.0.0.1:{grpc_port}")
given = common("grpc", over_grpc, client)
check("grpc metadata", client.get_model_metadata("digits").inputs[0].name == "X")
check("grpc gzip", (client.infer("digits", [given], compression_algorithm="gzip").as_numpy("label") == labels).all())
answers = queue.Queue()
client.start_stream(callback=lambda result, error: answers.put((result, error)))
for number in range(20):
    client.async_stream_infer("digits", [given], request_id=str(number))
got = [answers.get(timeout=60) for _ in range(20)]
client.stop_stream()
check("grpc stream", all(error is None and (result.as_numpy("label") == labels).all() for result, error in got))
check("grpc stream order", [result.get_response().id for result, _ in got] == [str(n) for n in range(20)])
print(f"triton: {checks} checks passed")
