import { WireMessage } from './wire.ts';
import { malformed, type ByteWindow, type Span } from './bytes.ts';

export const defaultDomain = 'ai.onnx';

/** A NodeProto. Callers that need its attributes walk them. */
export interface NodeFacts {
  /** A label, used only in errors. */
  name: string;
  /** The default domain is written `ai.onnx`. */
  domain: string;
  operator: string;
  overload: string;
  /** '' stands for an optional input or output that is left out. */
  inputs: string[];
  outputs: string[];
  attributes: Span[];
}

/** ONNX writes its own domain as '' or as `ai.onnx`. */
export function domainName(text: string): string {
  return text === '' ? defaultDomain : text;
}

const mostOfAKind = 1_000_000;

/** Appends to a list with a size limit, so that a message cannot fill the memory. */
export function append<T>(list: T[], message: WireMessage, item: T): void {
  if (list.length === mostOfAKind) {
    throw malformed(`${message.name} has more than ${mostOfAKind} of field ${message.field}`, message.start);
  }
  list.push(item);
}

export function readNode(window: ByteWindow, span: Span): NodeFacts {
  const message = new WireMessage(window, span, 'NodeProto');
  const node: NodeFacts = {
    name: '',
    domain: defaultDomain,
    operator: '',
    overload: '',
    inputs: [],
    outputs: [],
    attributes: [],
  };
  while (message.next()) {
    switch (message.field) {
      case 1:
        append(node.inputs, message, message.text());
        break;
      case 2:
        append(node.outputs, message, message.text());
        break;
      case 3:
        node.name = message.text();
        break;
      case 4:
        node.operator = message.text();
        break;
      case 5:
        append(node.attributes, message, message.span());
        break;
      case 7:
        node.domain = domainName(message.text());
        break;
      case 8:
        node.overload = message.text();
        break;
    }
  }
  if (node.operator === '') throw malformed('a node has no op_type', span.start);
  return node;
}

export function attributeName(window: ByteWindow, span: Span): string {
  const message = new WireMessage(window, span, 'AttributeProto');
  let name = '';
  while (message.next()) if (message.field === 1) name = message.text();
  return name;
}

/** An OperatorSetIdProto. */
export function readOpset(window: ByteWindow, span: Span): { domain: string; version: number } {
  const message = new WireMessage(window, span, 'OperatorSetIdProto');
  let domain = defaultDomain;
  let version = 0;
  while (message.next()) {
    if (message.field === 1) domain = domainName(message.text());
    else if (message.field === 2) version = message.integer();
  }
  if (version < 0) throw malformed(`operator set ${domain} has version ${version}`, span.start);
  return { domain, version };
}
