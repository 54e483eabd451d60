"""The ONNX backend suites in Python's ONNX Runtime.

    cases.py lay-out FOLDER   writes the suites that `onnx` makes in Python into FOLDER, as model.onnx and test_data_set_N
    cases.py run LIST         runs every case of LIST (lines of JSON), and prints a line of JSON for each
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, numpy_helper
from onnx.backend.test.loader import DATA_DIR, load_model_tests
from onnx.backend.test.runner import Runner

PROTOS = {"sequence_type": onnx.SequenceProto, "optional_type": onnx.OptionalProto, "tensor_type": TensorProto}
READERS = {
    "sequence_type": numpy_helper.to_list,
    "optional_type": numpy_helper.to_optional,
    "tensor_type": numpy_helper.to_array,
}
WRITERS = {
    "map_type": numpy_helper.from_dict,
    "sequence_type": numpy_helper.from_list,
    "optional_type": numpy_helper.from_optional,
    "tensor_type": numpy_helper.from_array,
}


def lay_out(folder: Path) -> None:
    """One line of JSON for each case on stdout."""
    for kind in ("node", "simple", "pytorch-converted", "pytorch-operator", "real"):
        for case in load_model_tests(kind=kind):
            place = folder / kind / case.name
            if case.model is not None:
                write_case(place, case)
            elif case.model_dir is not None:
                place = Path(case.model_dir)
            else:
                write_light(place, Path(DATA_DIR).parents[3] / case.url)
            facts = {"kind": kind, "name": case.name, "folder": str(place), "rtol": case.rtol, "atol": case.atol}
            print(json.dumps(facts))


def write_case(place: Path, case) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for number, (inputs, outputs) in enumerate(case.data_sets):
        write_values(place / f"test_data_set_{number}", "input", inputs, graph.input)
        write_values(place / f"test_data_set_{number}", "output", outputs, graph.output)


def write_values(folder: Path, side: str, values, infos) -> None:
    folder.mkdir(exist_ok=True)
    for position, (value, info) in enumerate(zip(values, infos, strict=False)):
        if not isinstance(value, TensorProto):
            value = WRITERS[info.type.WhichOneof("value")](value, info.name)
        (folder / f"{side}_{position}.pb").write_bytes(value.SerializeToString())


def write_light(place: Path, file: Path) -> None:
    """A model without its weights: the suite's own made-up input, and the output that the wheel has for it."""
    model = onnx.load(file)
    data = place / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (place / "model.onnx").write_bytes(file.read_bytes())
    initialized = {one.name for one in model.graph.initializer}
    for position, info in enumerate(one for one in model.graph.input if one.name not in initialized):
        value = Runner.generate_dummy_data(info, name=model.graph.name)
        (data / f"input_{position}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
    for position in range(len(model.graph.output)):
        expected = file.with_name(f"{file.stem}_output_{position}.pb")
        (data / f"output_{position}.pb").write_bytes(expected.read_bytes())


def run(cases: Path) -> None:
    for line in cases.read_text().splitlines():
        case = json.loads(line)
        # In a process of its own: a case that kills ONNX Runtime is a result too.
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            os.write(writer, json.dumps(judge(case)).encode())
            os._exit(0)
        os.close(writer)
        with open(reader, "rb") as answer:
            said = answer.read()
        _, status = os.waitpid(child, 0)
        crash = {"result": "crashed", "reason": f"wait status {status}", "types": []}
        print(json.dumps({"folder": case["folder"], **(json.loads(said) if said else crash)}), flush=True)


def judge(case) -> dict:
    folder = Path(case["folder"])
    types = []
    step = "not loaded"
    try:
        # The types are told by the model itself, whatever the runtime makes of it.
        model = onnx.load(folder / "model.onnx", load_external_data=False)
        initialized = {one.name for one in model.graph.initializer}
        inputs = [one for one in model.graph.input if one.name not in initialized]
        types = sorted({type_of(one.type) for one in [*inputs, *model.graph.output]})

        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        for data in sorted(folder.glob("test_data_set_*")):
            step = "not fed"
            values = read_values(data, "input", model.graph.input)
            feeds = {one.name: values[position] for position, one in enumerate(session.get_inputs())}
            step = "not run"
            given = run_session(session, feeds)
            step = "differs"
            expected = read_values(data, "output", model.graph.output)
            Runner.assert_similar_outputs(expected, given, case["rtol"], case["atol"])
    except Exception as error:  # whatever it is, it is why the case fails
        return {"result": step, "reason": f"{type(error).__name__}: {error}"[:2000], "types": types}
    return {"result": "passed", "reason": None, "types": types}


def run_session(session, feeds: dict) -> list:
    """What numpy itself has no type for goes in as its bits."""
    if not any(is_foreign(value) for value in feeds.values()):
        return session.run(None, feeds)
    return [one.numpy() for one in session.run_with_ort_values(None, {name: ort_value(feeds[name]) for name in feeds})]


def is_foreign(value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "V"


def ort_value(value) -> onnxruntime.OrtValue:
    if not is_foreign(value):
        return onnxruntime.OrtValue.ortvalue_from_numpy(value)
    bits = value.view(np.uint16 if value.dtype.itemsize == 2 else np.uint8)
    element_type = onnx.helper.np_dtype_to_tensor_dtype(value.dtype)
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, element_type)


def read_values(folder: Path, side: str, infos) -> list:
    values = []
    for position, info in enumerate(infos):
        file = folder / f"{side}_{position}.pb"
        if not file.exists():
            break
        kind = info.type.WhichOneof("value")
        proto = PROTOS[kind]()
        proto.ParseFromString(file.read_bytes())
        values.append(READERS[kind](proto))
    return values


def type_of(proto) -> str:
    """`float`, `bfloat16` … for tensors, `sequence`, `optional`, `map` for what is none."""
    kind = proto.WhichOneof("value") or "unknown"
    if kind == "tensor_type":
        return TensorProto.DataType.Name(proto.tensor_type.elem_type).lower()
    return kind.removesuffix("_type")


if __name__ == "__main__":
    np.seterr(all="ignore")
    onnxruntime.set_default_logger_severity(4)
    {"lay-out": lay_out, "run": run}[sys.argv[1]](Path(sys.argv[2]))
