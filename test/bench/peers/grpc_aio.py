"""gRPC's own asynchronous server for Python, with raw tensors."""

import asyncio
import os

import grpc
import model
import numpy
import uvloop
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto


def messages():
    """The part of open_inference_grpc.proto that this needs."""
    file = descriptor_pb2.FileDescriptorProto(name="inference.proto", package="inference", syntax="proto3")

    def message(parent, name, *fields):
        added = parent.add(name=name)
        for number, field, kind, many, *of in fields:
            label = Field.LABEL_REPEATED if many else Field.LABEL_OPTIONAL
            added.field.add(name=field, number=number, type=kind, label=label, **({"type_name": of[0]} if of else {}))
        return added

    tensor = [(1, "name", Field.TYPE_STRING, False), (2, "datatype", Field.TYPE_STRING, False), (3, "shape", Field.TYPE_INT64, True)]
    names = [(1, "model_name", Field.TYPE_STRING, False), (2, "model_version", Field.TYPE_STRING, False)]
    message(file.message_type, "Tensor", *tensor)
    message(
        file.message_type,
        "ModelInferRequest",
        *names,
        (5, "inputs", Field.TYPE_MESSAGE, True, ".inference.Tensor"),
        (7, "raw_input_contents", Field.TYPE_BYTES, True),
    )
    message(
        file.message_type,
        "ModelInferResponse",
        *names,
        (5, "outputs", Field.TYPE_MESSAGE, True, ".inference.Tensor"),
        (6, "raw_output_contents", Field.TYPE_BYTES, True),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    found = ["Tensor", "ModelInferRequest", "ModelInferResponse"]
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(f"inference.{name}")) for name in found]


Tensor, ModelInferRequest, ModelInferResponse = messages()


async def infer(request, context):
    tensor = request.inputs[0]
    array = numpy.frombuffer(request.raw_input_contents[0], dtype=numpy.float32).reshape(tuple(tensor.shape))
    arrays = model.run(array)
    return ModelInferResponse(
        model_name="digits",
        model_version="1",
        outputs=[
            Tensor(name=name, datatype=model.datatypes[array.dtype.name], shape=array.shape)
            for name, array in zip(model.output_names, arrays)
        ],
        raw_output_contents=[array.tobytes() for array in arrays],
    )


async def main() -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        infer,
        request_deserializer=ModelInferRequest.FromString,
        response_serializer=ModelInferResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("inference.GRPCInferenceService", {"ModelInfer": handler})]
    )
    server.add_insecure_port(f"127.0.0.1:{os.environ['PORT']}")
    await server.start()
    await server.wait_for_termination()


uvloop.run(main())
