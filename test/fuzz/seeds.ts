import { gzipSync } from 'node:zlib';
import { bytes, message, packedFloats, packedIntegers, text } from '../support/protobuf-writer.ts';

/** A request of HTTP that is right, or as wrong as people make them. */
export interface Seed {
  head: string;
  body: Buffer;
}

const row = Array.from({ length: 64 }, (_, at) => at % 17);
const tensorOf = (data: unknown, shape = [1, 64]): object => ({ name: 'X', datatype: 'FP32', shape, data });
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const columns = row.map((_, at) => `f${at}`).join();

function post(path: string, body: Buffer, headers = ''): Seed {
  return { head: `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}`, body };
}
function get(path: string, headers = ''): Seed {
  return { head: `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}`, body: Buffer.alloc(0) };
}

const infer = json({
  id: '1',
  inputs: [tensorOf(row)],
  outputs: [{ name: 'label' }, { name: 'probabilities' }],
});
const binaryHead = json({
  inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], parameters: { binary_data_size: 256 } }],
  outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
});
const cars = { origin: 'USA', cylinders: 4, horsepower: 75.5, weight: 2125 };

export const restSeeds: readonly Seed[] = [
  post('/v2/models/digits/infer', infer),
  post('/v2/models/digits/versions/1.0.0/infer', json({ inputs: [tensorOf([row, row], [2, 64])] })),
  post(
    '/v2/models/digits/infer',
    Buffer.concat([binaryHead, Buffer.from(Float32Array.from(row).buffer)]),
    `Inference-Header-Content-Length: ${binaryHead.length}\r\n`,
  ),
  post('/v2/models/digits/infer', gzipSync(infer), 'Content-Encoding: gzip\r\n'),
  post(
    '/v2/models/team%2Fcars/infer',
    json({ inputs: [{ name: 'origin', datatype: 'BYTES', shape: [1, 1], data: ['USA'] }] }),
  ),
  post('/predict/digits', json({ features: row })),
  post(
    '/predict/digits',
    Buffer.from(`${columns}\n${row.join()}\n${row.join()}\n`),
    'Content-Type: text/csv\r\n',
  ),
  post('/predict/team/cars?on-missing=nan', json([cars, { ...cars, horsepower: null }])),
  post(
    '/predict/team/cars',
    Buffer.from(`${JSON.stringify(cars)}\n`),
    'Content-Type: application/x-ndjson\r\n',
  ),
  post('/invocations', json({ dataframe_split: { columns: row.map(String), data: [row] } })),
  post('/invocations', json({ instances: [row] }), 'Content-Type: application/json\r\n'),
  post('/v2/repository/index', Buffer.alloc(0)),
  get('/v2'),
  get('/v2/models/digits/versions/1.0.0/stats'),
  get('/v2/models/team/cars/config'),
  get('/metrics', 'Accept: text/plain\r\nX-Request-Id: a-1\r\n'),
  get('/openapi.json', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n'),
  get('/', 'Accept: text/html\r\nX-Mlreg-Timing: 1\r\n'),
  get('http://localhost/readyz', 'Origin: http://localhost\r\n'),
];

const rawRow = Buffer.from(Float32Array.from(row).buffer);

/** A ModelInferRequest: `model_name` 1, `model_version` 2, `id` 3, `inputs` 5, `outputs` 6, raw 7. */
function inferMessage(name: string, input: Uint8Array, ...more: Uint8Array[]): Buffer {
  return Buffer.from(message(text(1, name), text(3, 'id-1'), bytes(5, input), ...more));
}
/** An InferInputTensor: `name` 1, `datatype` 2, `shape` 3, `contents` 5 with `fp32_contents` 6. */
function inputOf(...more: Uint8Array[]): Uint8Array {
  return message(text(1, 'X'), text(2, 'FP32'), packedIntegers(3, [1, 64]), ...more);
}

const service = '/inference.GRPCInferenceService';

/** Paths of calls, and messages that fit them. */
export const grpcSeeds: readonly { path: string; body: Buffer }[] = [
  { path: `${service}/ModelInfer`, body: inferMessage('digits', inputOf(), bytes(7, rawRow)) },
  { path: `${service}/ModelInfer`, body: inferMessage('digits', inputOf(bytes(5, packedFloats(6, row)))) },
  {
    path: `${service}/ModelStreamInfer`,
    body: inferMessage('digits', inputOf(), bytes(6, text(1, 'label')), bytes(7, rawRow)),
  },
  { path: `${service}/ModelMetadata`, body: Buffer.from(message(text(1, 'digits'), text(2, '1.0.0'))) },
  { path: `${service}/ServerLive`, body: Buffer.alloc(0) },
  { path: '/grpc.health.v1.Health/Check', body: Buffer.from(message(text(1, ''))) },
  {
    path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    body: Buffer.from(message(text(7, ''))),
  },
];
