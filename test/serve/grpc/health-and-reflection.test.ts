import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { fileDescriptor } from '../../../src/serve/protobuf/file-descriptor.ts';
import { healthMethods } from '../../../src/serve/grpc/health.ts';
import { healthProtocol, inferenceProtocol, reflectionProtocols } from '../../../src/serve/grpc/protocols.ts';
import { reflectionMethods } from '../../../src/serve/grpc/reflection.ts';
import { clientOf, startServer } from '../../support/grpc-clients.ts';

const allFiles = [healthProtocol, inferenceProtocol, ...reflectionProtocols].map(fileDescriptor);

test('grpc-js sees the state of the server and its changes', async (t) => {
  let ready = false;
  const { address, grpc } = await startServer(t, { methods: new Map(healthMethods(() => ready)) });
  const client = clientOf(t, address, allFiles, 'grpc.health.v1.Health');
  const check = (service: string): Promise<{ error: { code: number } | null; status: string }> =>
    new Promise((resolve) =>
      client['Check']!({ service }, (error: { code: number } | null, answer?: { status: string }) =>
        resolve({ error, status: answer?.status ?? '' }),
      ),
    );
  assert.equal((await check('')).status, 'NOT_SERVING');
  assert.equal((await check('nothing')).error?.code, 5);

  const watch = client['Watch']!({ service: 'inference.GRPCInferenceService' });
  watch.on('error', () => undefined);
  assert.deepEqual(await once(watch, 'data'), [{ status: 'NOT_SERVING' }]);
  ready = true;
  assert.deepEqual(await once(watch, 'data'), [{ status: 'SERVING' }]);
  assert.equal((await check('')).status, 'SERVING');
  const unknown = client['Watch']!({ service: 'nothing' });
  unknown.on('error', () => undefined);
  assert.deepEqual(await once(unknown, 'data'), [{ status: 'SERVICE_UNKNOWN' }]);
  unknown.cancel();

  // A watch does not keep a server that stops.
  const stopped = once(watch, 'error');
  await grpc.drain();
  assert.equal(((await stopped)[0] as { code: number }).code, 14);
});

/** An answer of reflection, as protobufjs makes it. */
interface Answer {
  valid_host: string;
  original_request: { list_services: string };
  message_response: string;
  list_services_response: { service: { name: string }[] };
  file_descriptor_response: { file_descriptor_proto: [Buffer] };
  all_extension_numbers_response: { extension_number: number[] };
  error_response: { error_code: number };
}

for (const { package: packageName } of reflectionProtocols) {
  test(`grpc-js learns the services from ${packageName}`, async (t) => {
    const { address } = await startServer(t, { methods: new Map(reflectionMethods()) });
    const client = clientOf(t, address, allFiles, `${packageName}.ServerReflection`);
    const stream = client['ServerReflectionInfo']!();
    const ask = async (request: object): Promise<Answer> => {
      stream.write(request);
      return ((await once(stream, 'data')) as [Answer])[0];
    };
    const services = await ask({ host: 'h', list_services: '*' });
    assert.deepEqual(
      services.list_services_response.service.map(({ name }) => name),
      [
        'inference.GRPCInferenceService',
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
      ],
    );
    assert.equal(services.valid_host, 'h');
    assert.equal(services.original_request.list_services, '*');

    for (const symbol of [
      'inference.GRPCInferenceService',
      'inference.GRPCInferenceService.ModelInfer',
      'inference.ModelInferRequest.InferInputTensor',
      'inference.ModelInferRequest.id',
    ]) {
      const found = await ask({ file_containing_symbol: symbol });
      const [file] = found.file_descriptor_response.file_descriptor_proto;
      // A client can be made of what was found.
      assert.ok(clientOf(t, address, [file], 'inference.GRPCInferenceService')['ModelStreamInfer']);
    }
    const byName = await ask({ file_by_filename: 'grpc/health/v1/health.proto' });
    assert.equal(byName.message_response, 'file_descriptor_response');
    for (const unknown of [
      { file_containing_symbol: 'inference.Nothing' },
      { file_containing_symbol: '' },
      { file_by_filename: '../../etc/passwd' },
      { file_containing_extension: { containing_type: 'inference.ModelInferRequest', extension_number: 7 } },
      { all_extension_numbers_of_type: 'inference.Nothing' },
    ])
      assert.equal((await ask(unknown)).error_response.error_code, 5, JSON.stringify(unknown));
    const extensions = await ask({ all_extension_numbers_of_type: 'inference.ModelInferRequest' });
    assert.deepEqual(extensions.all_extension_numbers_response.extension_number, []);
    stream.end();
    await once(stream, 'end');
  });
}
