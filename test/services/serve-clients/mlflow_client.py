"""MLflow's client for its scoring server, against `mlreg serve`: HTTP_PORT GRPC_PORT GOLDEN."""

import json
import sys

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

http_port, _, golden = sys.argv[1:]
case = json.load(open(golden))["cases"][0]
rows = np.array(case["inputs"]["X"]["data"], np.float32).reshape(case["inputs"]["X"]["shape"])
labels = case["outputs"]["label"]["data"]
checks = 0


def check(what, holds):
    global checks
    checks += 1
    if not holds:
        sys.exit(f"mlflow: {what}")


def labels_of(answer):
    found = answer.get_predictions()
    return [int(one) for one in np.array(found["label"]).flatten()]


client = ScoringServerClient("127.0.0.1", int(http_port))
client.wait_server_ready(timeout=30)
# Raises if it is not answered.
client.ping()
columns = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
check("a table", labels_of(client.invoke(pd.DataFrame(rows, columns=columns))) == labels)
check("an array", labels_of(client.invoke(rows)) == labels)
try:
    client.invoke(pd.DataFrame(rows[:, :5], columns=columns[:5]))
    check("a table without its columns", False)
except Exception as error:
    check(f"a table without its columns: {error}", "400" in str(error) or "column" in str(error))
print(f"mlflow: {checks} checks passed")
