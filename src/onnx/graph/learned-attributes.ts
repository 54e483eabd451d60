import { dataTypeName } from '../tensors/data-types.ts';
import { attributeName, defaultDomain, type NodeFacts } from '../file/read-node.ts';
import { readSparseTensor, readTensor, type TensorFacts } from '../file/read-values.ts';
import { WireMessage } from '../file/wire.ts';
import type { ByteWindow, Span } from '../file/bytes.ts';

/**
 * What training does to an attribute. `weights`: training finds the values; the author of the model
 * chose their number. `grown`: training also finds the number of values, as the data decides how
 * many trees or support vectors there are. `structure`: ids and modes that connect grown numbers.
 * `constant`: weights if there are more than `mostSmall` of them or an operator uses them as
 * weights, else a part of the graph, such as a factor or an epsilon.
 */
type Role = 'weights' | 'grown' | 'structure' | 'constant';
/** By name of the attribute. */
type Roles = ReadonlyMap<string, Role>;

const mostSmall = 8;

const roles = (lists: Partial<Record<Role, string>>): Roles =>
  new Map(
    Object.entries(lists).flatMap(([role, names]) =>
      names.split(/\s+/).map((name): [string, Role] => [name, role as Role]),
    ),
  );

const linear = roles({ weights: 'coefficients intercepts' });
const supportVectors = roles({
  grown: 'coefficients support_vectors',
  // Among the parameters of a kernel, gamma often follows from the variance of the data.
  weights: 'rho prob_a prob_b kernel_params',
  structure: 'n_supports vectors_per_class',
});
const trees = roles({
  grown: `nodes_values nodes_values_as_tensor nodes_splits membership_values base_values base_values_as_tensor
    class_weights class_weights_as_tensor target_weights target_weights_as_tensor leaf_weights`,
  structure: `tree_roots nodes_treeids nodes_nodeids nodes_featureids nodes_modes nodes_truenodeids nodes_falsenodeids
    nodes_trueleafs nodes_falseleafs nodes_missing_value_tracks_true nodes_hitrates nodes_hitrates_as_tensor
    class_treeids class_nodeids class_ids target_treeids target_nodeids target_ids leaf_targetids`,
});

/**
 * Attributes that training sets, by domain and operator. Class names, and the words, categories and
 * keys of encoders and vectorizers, are not weights: they say what the model is about, and callers
 * depend on them.
 */
const learned: ReadonlyMap<string, Roles> = new Map([
  [`${defaultDomain} Constant`, roles({ constant: 'value value_floats sparse_value' })],
  [`${defaultDomain} TfIdfVectorizer`, roles({ weights: 'weights' })],
  ['ai.onnx.ml LinearClassifier', linear],
  ['ai.onnx.ml LinearRegressor', linear],
  ['ai.onnx.ml SVMClassifier', supportVectors],
  ['ai.onnx.ml SVMRegressor', supportVectors],
  ['ai.onnx.ml TreeEnsemble', trees],
  ['ai.onnx.ml TreeEnsembleClassifier', trees],
  ['ai.onnx.ml TreeEnsembleRegressor', trees],
  ['ai.onnx.ml Scaler', roles({ weights: 'offset scale' })],
  ['ai.onnx.ml Imputer', roles({ weights: 'imputed_value_floats imputed_value_int64s' })],
  ['ai.onnx.ml Binarizer', roles({ weights: 'threshold' })],
  // Target encoders learn a number for each key.
  ['ai.onnx.ml LabelEncoder', roles({ weights: 'values_floats values_tensor default_float default_tensor' })],
]);

/** A LabelEncoder from numbers to numbers: isolation forests use it for their leaves. */
const numberTable = roles({ grown: 'values_floats', structure: 'keys_int64s' });

/** Numbers that training has set. */
export interface LearnedNumbers {
  /** False if training also decides how many there are, and whether there are any. */
  fixed: boolean;
  /** The number of stored values. */
  count: number;
  /**
   * TensorProto.DataType and dims of a tensor, for a sparse tensor the dense dims; null for a list
   * or a single number.
   */
  tensor: { dataType: number; dims: readonly number[] } | null;
}

export interface NodeAttribute {
  span: Span;
  name: string;
  /** Null: part of the graph. `structure`: also learned, but contains no numbers of its own. */
  learned: LearnedNumbers | 'structure' | null;
}

/** Inputs that the operator defines as weights and biases, however few values they have. */
const weightInputs: ReadonlyMap<string, readonly number[]> = new Map([
  ['Conv', [1, 2]],
  ['ConvTranspose', [1, 2]],
  ['DeformConv', [1, 3]],
  ['Gemm', [1, 2]],
  ['LSTM', [1, 2, 3, 7]],
  ['GRU', [1, 2, 3]],
  ['RNN', [1, 2, 3]],
  ['BatchNormalization', [1, 2, 3, 4]],
  ['InstanceNormalization', [1, 2]],
  ['GroupNormalization', [1, 2]],
  ['LayerNormalization', [1, 2]],
  ['RMSNormalization', [1]],
  ['PRelu', [1]],
]);

/** Names of the values that a node uses as weights. */
export function weightsOf({ domain, operator, inputs }: NodeFacts): string[] {
  const places = domain === defaultDomain ? (weightInputs.get(operator) ?? []) : [];
  return places.map((place) => inputs[place] ?? '').filter((name) => name !== '');
}

/**
 * The attributes of a node, in their order, with what training has set. `weights`: the names from
 * `weightsOf`, for the nodes of its graph.
 */
export function nodeAttributes(
  window: ByteWindow,
  node: NodeFacts,
  weights: ReadonlySet<string>,
): NodeAttribute[] {
  const isWeights = node.outputs.some((name) => weights.has(name));
  const named = node.attributes.map((span) => ({ span, name: attributeName(window, span) }));
  const all = rolesOf(
    node,
    named.map(({ name }) => name),
  );
  return named.map((attribute) => ({
    ...attribute,
    learned: learnedNumbers(window, attribute.span, all?.get(attribute.name), isWeights),
  }));
}

function rolesOf({ domain, operator }: NodeFacts, names: readonly string[]): Roles | undefined {
  const found = learned.get(`${domain} ${operator}`);
  const isTable =
    operator === 'LabelEncoder' && [...numberTable.keys()].every((name) => names.includes(name));
  return isTable && found !== undefined ? new Map([...found, ...numberTable]) : found;
}

function learnedNumbers(
  window: ByteWindow,
  span: Span,
  role: Role | undefined,
  isWeights: boolean,
): LearnedNumbers | 'structure' | null {
  if (role === undefined || role === 'structure') return role ?? null;
  const numbers = readNumbers(window, span);
  if (numbers === null) return null;
  const size = numbers.tensor?.dims.reduce((product, dim) => product * dim, 1) ?? numbers.count;
  if (role === 'constant' && size <= mostSmall && !isWeights) return null;
  return { ...numbers, fixed: role !== 'grown' };
}

/** AttributeProto.AttributeType of a single float; a zero need not be written. */
const floatType = 1;

/**
 * Null for a tensor of texts or indices, and for a reference to an attribute of the enclosing
 * function.
 */
function readNumbers(window: ByteWindow, span: Span): Pick<LearnedNumbers, 'count' | 'tensor'> | null {
  const message = new WireMessage(window, span, 'AttributeProto');
  let count = 0;
  let single = false;
  while (message.next()) {
    switch (message.field) {
      case 2:
        single = true;
        break;
      case 5:
        return ofTensor(readTensor(window, message.span()));
      case 7:
        for (const piece of message.fixedBytes(4)) count += piece.length / 4;
        break;
      case 8:
        message.eachInteger(() => (count += 1));
        break;
      case 20:
        single ||= message.integer() === floatType;
        break;
      case 21:
        return null;
      case 22: {
        const { values, dims } = readSparseTensor(window, message.span());
        return ofTensor(values, dims);
      }
    }
  }
  return { count: count === 0 && single ? 1 : count, tensor: null };
}

/**
 * Types of a model's numbers, plain or quantized. Wider integers are axes, sizes, indices and the
 * like.
 */
const numeric = /^(?:float|bfloat|complex|u?int[248]$)/;

function ofTensor(
  { dataType, dims, elements }: TensorFacts,
  dense?: number[],
): Pick<LearnedNumbers, 'count' | 'tensor'> | null {
  if (!numeric.test(dataTypeName(dataType))) return null;
  return { count: elements, tensor: { dataType, dims: dense ?? dims } };
}
