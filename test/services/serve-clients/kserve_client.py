"""KServe's clients, over REST and gRPC, against `mlreg serve`: HTTP_PORT GRPC_PORT GOLDEN."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

http_port, grpc_port, golden = sys.argv[1:]
case = json.load(open(golden))["cases"][0]
rows = np.array(case["inputs"]["X"]["data"], np.float32).reshape(case["inputs"]["X"]["shape"])
labels = case["outputs"]["label"]["data"]
checks = 0


def check(what, holds):
    global checks
    checks += 1
    if not holds:
        sys.exit(f"kserve: {what}")


def labels_of(answer):
    return [int(one) for output in answer.outputs if output.name == "label" for one in output.as_numpy().flatten()]


def request(binary):
    given = InferInput(name="X", shape=list(rows.shape), datatype="FP32")
    given.set_data_from_numpy(rows, binary_data=binary)
    return InferRequest(model_name="digits", infer_inputs=[given])


async def run():
    base = f"http://127.0.0.1:{http_port}"
    client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=60))
    check("rest live", await client.is_server_live(base))
    check("rest ready", await client.is_server_ready(base))
    check("rest model", await client.is_model_ready(base, "digits"))
    for binary in [True, False]:
        answer = await client.infer(base, request(binary), model_name="digits")
        check(f"rest binary {binary}", labels_of(answer) == labels)
    together = await asyncio.gather(*(client.infer(base, request(True), model_name="digits") for _ in range(20)))
    check("rest together", all(labels_of(one) == labels for one in together))
    try:
        await client.infer(base, request(True), model_name="nothing")
        check("rest unknown model", False)
    except Exception as error:
        check(f"rest unknown model: {error}", "404" in str(error) or "nothing" in str(error))

    client = InferenceGRPCClient(f"127.0.0.1:{grpc_port}")
    check("grpc live", await client.is_server_live())
    check("grpc ready", await client.is_server_ready())
    check("grpc model", await client.is_model_ready("digits"))
    check("grpc infer", labels_of(await client.infer(request(True))) == labels)


asyncio.run(run())
print(f"kserve: {checks} checks passed")
