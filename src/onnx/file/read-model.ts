import { quote } from '../../core/text/quote.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import type { Signature, ValueInfo } from '../../core/versions/signature.ts';
import type { ExternalReference } from './external-data.ts';
import { digestGraph, type DigestVersion, latestDigestVersion } from '../graph/graph-digest.ts';
import { type ByteSource, malformed, ByteWindow, type Span } from './bytes.ts';
import {
  type GraphFacts,
  newTally,
  type Tally,
  walkFunction,
  walkGraph,
  walkTraining,
} from './read-graph.ts';
import { defaultDomain, readOpset } from './read-node.ts';
import { once, WireMessage } from './wire.ts';

export interface OnnxFile {
  model: OnnxModel;
  /** For each file in `model.externalData`, in that order, the tensor that ends last in it. */
  externalReferences: ExternalReference[];
  /** What ONNX Runtime accepts, but may be a sign of damage. */
  warnings: string[];
}

/** The fields of a ModelProto, after walking its graph. */
interface ModelFields {
  irVersion: number;
  producer: { name: string; version: string };
  graph: GraphFacts | undefined;
  opsets: Map<string, number>;
  tally: Tally;
}

function addOpset(window: ByteWindow, span: Span, opsets: Map<string, number>): void {
  const { domain, version } = readOpset(window, span);
  const earlier = opsets.get(domain);
  if (earlier !== undefined && earlier !== version) {
    throw malformed(`it imports ${quote(domain)} twice, as versions ${earlier} and ${version}`, span.start);
  }
  opsets.set(domain, version);
}

function readFields(window: ByteWindow): ModelFields {
  const message = new WireMessage(window, { start: 0, end: window.size, depth: 0 }, 'ModelProto');
  const tally = newTally();
  const fields: ModelFields = {
    irVersion: 0,
    producer: { name: '', version: '' },
    graph: undefined,
    opsets: new Map(),
    tally,
  };
  while (message.next()) {
    switch (message.field) {
      case 1:
        fields.irVersion = message.integer();
        break;
      case 2:
        fields.producer.name = message.text().toWellFormed();
        break;
      case 3:
        fields.producer.version = message.text().toWellFormed();
        break;
      case 7:
        once(fields.graph, message);
        fields.graph = walkGraph(window, message.span(), tally, null);
        break;
      case 8:
        addOpset(window, message.span(), fields.opsets);
        break;
      case 20:
        walkTraining(window, message.span(), tally.references);
        break;
      case 25:
        walkFunction(window, message.span(), tally);
        break;
    }
  }
  return fields;
}

/**
 * Every domain except the default one can lack an import: ONNX Runtime then assumes the newest
 * version it knows. Exporters still import the domains of the standard, so a missing one may mean
 * that the file was cut off; that is a warning.
 */
function checkImports({ opsets, tally }: ModelFields): string[] {
  return [...tally.domains].flatMap(([domain, operator]) => {
    if (opsets.has(domain)) return [];
    const what = `it uses ${quote(operator)} without importing ${quote(domain)}`;
    if (domain === defaultDomain) throw malformed(what);
    if (!domain.startsWith(`${defaultDomain}.`)) return [];
    return [`${what} (the file may be truncated); ONNX Runtime assumes the newest version`];
  });
}

/**
 * Since IR version 4, an input with an initializer of the same name has a default. Before, every
 * initializer had to be listed as an input, so such an input is just a weight.
 */
function signatureOf({ inputs, outputs, initializers }: GraphFacts, irVersion: number): Signature {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) throw malformed(`duplicate input ${quote(name)}`);
    names.add(name);
  }
  const isWeight = ({ name }: ValueInfo): boolean => irVersion < 4 && initializers.has(name);
  for (const value of [...inputs.filter((input) => !isWeight(input)), ...outputs])
    if (!value.name.isWellFormed())
      throw malformed(`the name ${quote(value.name)} of an input or output is not UTF-8`);
  const withDefault = (input: ValueInfo): ValueInfo => ({ ...input, hasDefault: true });
  return {
    inputs:
      irVersion < 4
        ? inputs.filter((input) => !isWeight(input))
        : inputs.map((input) => (initializers.has(input.name) ? withDefault(input) : input)),
    outputs,
  };
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Reads the facts about an ONNX file and skips its weights: memory grows with the number of names
 * in the graph, not with the file. Throws INVALID_INPUT for anything but a complete model.
 *
 * If a file was cut off between two top-level fields, the loss shows in values that nothing
 * produces and in operator sets that are not imported, in some cases only as a warning. Lost
 * metadata, training information and functions at the end go unnoticed.
 *
 * `version` is that of the graph digest; 1 gives the facts as they were read when there was no
 * other version.
 *
 * Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto,
 * https://onnx.ai/onnx/repo-docs/IR.html.
 */
export function readOnnxModel(source: ByteSource, version: DigestVersion = latestDigestVersion): OnnxFile {
  if (source.size === 0) throw malformed('the file is empty');
  const window = new ByteWindow(source);
  const fields = readFields(window);
  const { irVersion, producer, graph, opsets, tally } = fields;
  if (irVersion < 1) throw malformed('it has no IR version');
  if (graph === undefined) throw malformed('it has no graph');
  if (opsets.size === 0) throw malformed('it imports no operator set');
  if (graph.outputs.length === 0) throw malformed('its graph has no outputs');
  const warnings = checkImports(fields);
  const signature = signatureOf(graph, irVersion);
  const { digest, learned } = digestGraph(window, version);
  const parameterCount = tally.parameterCount + learned;
  if (!Number.isSafeInteger(parameterCount)) throw malformed('its weights have invalid shapes');
  const references = [...tally.references.values()].toSorted((a, b) => byText(a.location, b.location));
  return {
    model: {
      irVersion,
      opsets: [...opsets]
        .map(([domain, version]) => ({ domain: domain.toWellFormed(), version }))
        .toSorted((a, b) => byText(a.domain, b.domain)),
      producer,
      signature,
      nodeCount: tally.nodeCount,
      parameterCount,
      operators: Object.fromEntries([...tally.operators].toSorted(([a], [b]) => byText(a, b))),
      externalData: references.map(({ location }) => location),
      graphDigest: digest,
      ...(version === 1 ? {} : { graphDigestVersion: version }),
    },
    externalReferences: references,
    warnings,
  };
}
