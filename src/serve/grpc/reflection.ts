import { decodeMessage, encodeMessage, type MessageValues } from '../protobuf/described-message.ts';
import type { ProtoFile } from '../protobuf/description.ts';
import { fileDescriptor } from '../protobuf/file-descriptor.ts';
import { frame } from './message-frames.ts';
import { healthProtocol, inferenceProtocol, reflectionProtocols } from './protocols.ts';
import type { Method } from './server.ts';
import { statusCodes } from './status.ts';

/**
 * The methods that tell a client, such as grpcurl, which services there are and what their messages
 * are.
 */
export function reflectionMethods(): [path: string, method: Method][] {
  const files = [inferenceProtocol, healthProtocol, ...reflectionProtocols];
  return reflectionProtocols.map((protocol) => [
    `/${protocol.package}.ServerReflection/ServerReflectionInfo`,
    (call) =>
      call.listen({
        onMessage: (message) => call.send(frame(answer(protocol, files, message))),
        onEnd: () => call.finish(),
        onCancel: () => undefined,
        onDrain: () => call.finish(),
      }),
  ]);
}

function answer(protocol: ProtoFile, files: readonly ProtoFile[], message: Buffer): Buffer {
  const request = decodeMessage(protocol, `${protocol.package}.ServerReflectionRequest`, message);
  return encodeMessage(protocol, `${protocol.package}.ServerReflectionResponse`, {
    valid_host: request['host'],
    original_request: message,
    ...lookUp(request, files),
  });
}

function lookUp(request: MessageValues, files: readonly ProtoFile[]): MessageValues {
  const { file_by_filename: name, file_containing_symbol: symbol, list_services: services } = request;
  const { all_extension_numbers_of_type: extended } = request;
  if (services !== undefined)
    return {
      list_services_response: { service: files.flatMap(serviceNames).map((service) => ({ name: service })) },
    };
  if (typeof name === 'string')
    return asDescriptor(
      files.find((file) => file.name === name),
      `file ${name}`,
    );
  if (typeof symbol === 'string')
    return asDescriptor(
      files.find((file) => contains(file, symbol)),
      symbol,
    );
  // proto3 has extensions of options only, and there are none here.
  if (typeof extended === 'string' && files.some((file) => file.messages.has(extended)))
    return { all_extension_numbers_response: { base_type_name: extended, extension_number: [] } };
  return notFound(typeof extended === 'string' ? extended : 'this extension');
}

function asDescriptor(file: ProtoFile | undefined, what: string): MessageValues {
  if (file === undefined) return notFound(what);
  return { file_descriptor_response: { file_descriptor_proto: [fileDescriptor(file)] } };
}

function notFound(what: string): MessageValues {
  return { error_response: { error_code: statusCodes.NOT_FOUND, error_message: `${what} is unknown` } };
}

function serviceNames({ services }: ProtoFile): string[] {
  return [...services.keys()];
}

/** A message, an enum, a service, or what is in one: a field, a value, a method. */
function contains({ messages, enums, services }: ProtoFile, symbol: string): boolean {
  if (messages.has(symbol) || enums.has(symbol) || services.has(symbol)) return true;
  const dot = symbol.lastIndexOf('.');
  const [parent, member] = [symbol.slice(0, Math.max(dot, 0)), symbol.slice(dot + 1)];
  const members = messages.get(parent)?.fields ?? enums.get(parent)?.values ?? services.get(parent) ?? [];
  return members.some(({ name }) => name === member);
}
