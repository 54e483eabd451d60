import { bool, f32, f64, i32, i64, tensorOf } from '../support/golden-tensors.ts';
import { network, operator, testGoldenModels } from '../support/golden-models.ts';
import { node, real } from '../support/onnx-writer.ts';

const x = [-2, -0.5, 0, 0.25, 1, 3];
const range = (count: number, start = 0, step = 1): number[] =>
  Array.from({ length: count }, (_, index) => start + index * step);

/** Rows of `a` [m,k] times columns of `b` [k,n]. */
function matmul(a: number[], b: number[], m: number, k: number, n: number): number[] {
  return range(m).flatMap((row) =>
    range(n).map((column) => range(k).reduce((sum, at) => sum + a[row * k + at]! * b[at * n + column]!, 0)),
  );
}

/** One image and one filter, stride 1, `pad` zeros around. */
function convolve(
  image: number[],
  size: number,
  filter: number[],
  side: number,
  pad: number,
  bias: number,
): number[] {
  const pixel = (row: number, column: number): number =>
    row < 0 || column < 0 || row >= size || column >= size ? 0 : image[row * size + column]!;
  const out = size + 2 * pad - side + 1;
  return range(out).flatMap((row) =>
    range(out).map((column) =>
      range(side * side).reduce(
        (sum, at) => sum + filter[at]! * pixel(row + Math.floor(at / side) - pad, column + (at % side) - pad),
        bias,
      ),
    ),
  );
}

/** Of each `size`×`size` window of a square image, without overlap. */
function pool(image: number[], side: number, size: number, reduce: (values: number[]) => number): number[] {
  return range(side / size).flatMap((row) =>
    range(side / size).map((column) =>
      reduce(
        range(size * size).map(
          (at) => image[(row * size + Math.floor(at / size)) * side + column * size + (at % size)]!,
        ),
      ),
    ),
  );
}

function softmax(row: number[]): number[] {
  const powers = row.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function standardise(values: number[], epsilon: number): number[] {
  const middle = mean(values);
  const spread = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) + epsilon);
  return values.map((value) => (value - middle) / spread);
}

const image = range(16).map((value) => Math.sin(value));
const filter = [0.5, -1, 0.25, 2, 1, -0.5, 0, 0.75, -0.25];
const a = range(6, -1, 0.5);
const b = range(12, 2, -0.3);

testGoldenModels({
  'Add, broadcast over rows': operator(
    'Add',
    { a: f32([2, 3], x), b: f32([3], [10, 20, 30]) },
    {
      c: f32(
        [2, 3],
        x.map((value, at) => value + [10, 20, 30][at % 3]!),
      ),
    },
  ),
  'Sub, Mul and Div': network(
    [node('Sub', ['a', 'b'], ['d']), node('Mul', ['d', 'a'], ['e']), node('Div', ['e', 'b'], ['c'])],
    { a: f32([6], range(6, 1)), b: f32([6], range(6, -2, 0.75)) },
    {
      c: f32(
        [6],
        range(6).map((at) => ((at + 1 - (0.75 * at - 2)) * (at + 1)) / (0.75 * at - 2)),
      ),
    },
  ),
  'division by zero and the roots of negative numbers': network(
    [node('Div', ['a', 'b'], ['q']), node('Sqrt', ['a'], ['r']), node('Log', ['a'], ['l'])],
    { a: f32([4], [1, -1, 0, 4]), b: f32([4], [0, 0, 0, 2]) },
    {
      q: f32([4], [Infinity, -Infinity, NaN, 2]),
      r: f32([4], [1, NaN, 0, 2]),
      l: f32([4], [0, NaN, -Infinity, Math.log(4)]),
    },
  ),
  'IsNaN and IsInf': network(
    [node('IsNaN', ['a'], ['n']), node('IsInf', ['a'], ['i'])],
    { a: f32([4], [NaN, Infinity, -Infinity, 1]) },
    { n: bool([4], [true, false, false, false]), i: bool([4], [false, true, true, false]) },
  ),
  'Exp, Tanh, Sigmoid, Relu and Softplus': network(
    [
      node('Exp', ['a'], ['e']),
      node('Tanh', ['a'], ['t']),
      node('Sigmoid', ['a'], ['s']),
      node('Relu', ['a'], ['r']),
      node('Softplus', ['a'], ['p']),
    ],
    { a: f32([6], x) },
    {
      e: f32([6], x.map(Math.exp)),
      t: f32([6], x.map(Math.tanh)),
      s: f32(
        [6],
        x.map((value) => 1 / (1 + Math.exp(-value))),
      ),
      r: f32(
        [6],
        x.map((value) => Math.max(0, value)),
      ),
      p: f32(
        [6],
        x.map((value) => Math.log1p(Math.exp(value))),
      ),
    },
  ),
  'Sin and Cos of doubles': network(
    [node('Sin', ['a'], ['s']), node('Cos', ['a'], ['c'])],
    { a: f64([6], x) },
    { s: f64([6], x.map(Math.sin)), c: f64([6], x.map(Math.cos)) },
  ),
  'Pow and Clip': network(
    [node('Pow', ['a', 'two'], ['p']), node('Clip', ['p', 'low', 'high'], ['c'])],
    { a: f32([6], x), two: f32([], [2]), low: f32([], [0.1]), high: f32([], [4]) },
    {
      c: f32(
        [6],
        x.map((value) => Math.min(4, Math.max(0.1, value ** 2))),
      ),
    },
  ),
  'Mod, Abs and Neg of integers': network(
    [node('Mod', ['a', 'b'], ['m']), node('Abs', ['a'], ['s']), node('Neg', ['a'], ['n'])],
    { a: i32([4], [7, -7, 7, -7]), b: i32([4], [3, 3, -3, -3]) },
    // As Python's: the sign of the divisor.
    { m: i32([4], [1, 2, -2, -1]), s: i32([4], [7, 7, 7, 7]), n: i32([4], [-7, 7, -7, 7]) },
  ),
  'BitShift and BitwiseAnd': network(
    [node('BitShift', ['a', 'b'], ['s'], { direction: 'LEFT' }), node('BitwiseAnd', ['a', 'c'], ['w'])],
    {
      a: tensorOf('uint32', [3], [1, 6, 0x80000001]),
      b: tensorOf('uint32', [3], [4, 1, 1]),
      c: tensorOf('uint32', [3], [1, 3, 0xffffffff]),
    },
    { s: tensorOf('uint32', [3], [16, 12, 2]), w: tensorOf('uint32', [3], [1, 2, 0x80000001]) },
    { opset: 18 },
  ),
  'Equal, Less, Greater, And, Or, Xor, Not and Where': network(
    [
      node('Equal', ['a', 'b'], ['e']),
      node('Less', ['a', 'b'], ['l']),
      node('GreaterOrEqual', ['a', 'b'], ['g']),
      node('Or', ['e', 'l'], ['o']),
      node('And', ['o', 'g'], ['n']),
      node('Xor', ['l', 'g'], ['x']),
      node('Not', ['l'], ['t']),
      node('Where', ['l', 'a', 'b'], ['w']),
    ],
    { a: f32([3], [1, 2, 3]), b: f32([3], [2, 2, 2]) },
    {
      o: bool([3], [true, true, false]),
      n: bool([3], [false, true, false]),
      x: bool([3], [true, true, true]),
      t: bool([3], [false, true, true]),
      w: f32([3], [1, 2, 2]),
    },
  ),
  'ReduceSum, ReduceMean, ReduceMax and ReduceL2': network(
    [
      node('ReduceSum', ['a', 'axes'], ['s'], { keepdims: 0 }),
      node('ReduceMean', ['a'], ['m'], { axes: [0] }),
      node('ReduceMax', ['a'], ['x'], { keepdims: 0 }),
      node('ReduceL2', ['a'], ['l'], { keepdims: 0 }),
    ],
    { a: f32([2, 3], x), axes: i64([1], [1]) },
    {
      s: f32([2], [-2.5, 4.25]),
      m: f32([1, 3], [-0.875, 0.25, 1.5]),
      x: f32([], [3]),
      l: f32([], [Math.hypot(...x)]),
    },
  ),
  'ArgMax, TopK and CumSum': network(
    [
      node('ArgMax', ['a'], ['m'], { axis: 1, keepdims: 0 }),
      node('TopK', ['a', 'k'], ['v', 'i'], { axis: 1 }),
      node('CumSum', ['a', 'axis'], ['c']),
    ],
    { a: f32([2, 3], [3, 1, 2, -1, 5, 4]), k: i64([1], [2]), axis: i64([], [1]) },
    {
      m: i64([2], [0, 1]),
      v: f32([2, 2], [3, 2, 5, 4]),
      i: i64([2, 2], [0, 2, 1, 2]),
      c: f32([2, 3], [3, 4, 6, -1, 4, 8]),
    },
  ),
  MatMul: operator(
    'MatMul',
    { a: f32([2, 3], a), b: f32([3, 4], b) },
    { c: f32([2, 4], matmul(a, b, 2, 3, 4)) },
  ),
  'MatMul of a batch': operator(
    'MatMul',
    { a: f32([2, 1, 3], a), b: f32([2, 3, 2], b) },
    {
      c: f32(
        [2, 1, 2],
        [...matmul(a.slice(0, 3), b.slice(0, 6), 1, 3, 2), ...matmul(a.slice(3), b.slice(6), 1, 3, 2)],
      ),
    },
  ),
  'Gemm with scales and a transposed factor': operator(
    'Gemm',
    { a: f32([2, 3], a), b: f32([4, 3], b), c: f32([4], [1, 2, 3, 4]) },
    {
      y: f32(
        [2, 4],
        matmul(
          a,
          range(12).map((at) => b[(at % 4) * 3 + Math.floor(at / 4)]!),
          2,
          3,
          4,
        ).map((value, at) => 0.5 * value + 2 * ((at % 4) + 1)),
      ),
    },
    { alpha: real(0.5), beta: real(2), transB: 1 },
  ),
  Einsum: operator(
    'Einsum',
    { a: f32([2, 3], a), b: f32([3, 4], b) },
    {
      c: f32(
        [4, 2],
        range(8).map((at) => matmul(a, b, 2, 3, 4)[(at % 2) * 4 + Math.floor(at / 2)]!),
      ),
    },
    { equation: 'ij,jk->ki' },
  ),
  'Conv with padding and bias': operator(
    'Conv',
    { x: f32([1, 1, 4, 4], image), w: f32([1, 1, 3, 3], filter), b: f32([1], [0.5]) },
    { y: f32([1, 1, 4, 4], convolve(image, 4, filter, 3, 1, 0.5)) },
    { pads: [1, 1, 1, 1] },
  ),
  'MaxPool, AveragePool and GlobalAveragePool': network(
    [
      node('MaxPool', ['x'], ['m'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('AveragePool', ['x'], ['a'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('GlobalAveragePool', ['x'], ['g']),
    ],
    { x: f32([1, 1, 4, 4], image) },
    {
      m: f32(
        [1, 1, 2, 2],
        pool(image, 4, 2, (values) => Math.max(...values)),
      ),
      a: f32([1, 1, 2, 2], pool(image, 4, 2, mean)),
      g: f32([1, 1, 1, 1], [mean(image)]),
    },
  ),
  BatchNormalization: operator(
    'BatchNormalization',
    {
      x: f32([1, 2, 2], [1, 2, 3, 4]),
      scale: f32([2], [2, 0.5]),
      bias: f32([2], [1, -1]),
      mean: f32([2], [1.5, 3]),
      variance: f32([2], [0.25, 4]),
    },
    {
      y: f32(
        [1, 2, 2],
        [1, 2, 3, 4].map((value, at) => {
          const channel = Math.floor(at / 2);
          const spread = Math.sqrt([0.25, 4][channel]! + 1e-5);
          return ([2, 0.5][channel]! * (value - [1.5, 3][channel]!)) / spread + [1, -1][channel]!;
        }),
      ),
    },
  ),
  'LayerNormalization and InstanceNormalization': network(
    [
      node('LayerNormalization', ['x', 'scale', 'bias'], ['l'], { axis: -1 }),
      node('InstanceNormalization', ['x', 'one', 'zero'], ['i']),
    ],
    {
      x: f32([1, 2, 3], x),
      scale: f32([3], [1, 2, 3]),
      bias: f32([3], [0.5, 0, -0.5]),
      one: f32([2], [1, 1]),
      zero: f32([2], [0, 0]),
    },
    {
      l: f32(
        [1, 2, 3],
        [x.slice(0, 3), x.slice(3)].flatMap((row) =>
          standardise(row, 1e-5).map((value, at) => value * (at + 1) + [0.5, 0, -0.5][at]!),
        ),
      ),
      i: f32(
        [1, 2, 3],
        [x.slice(0, 3), x.slice(3)].flatMap((row) => standardise(row, 1e-5)),
      ),
    },
  ),
  'Softmax and LogSoftmax': network(
    [node('Softmax', ['x'], ['s'], { axis: 1 }), node('LogSoftmax', ['x'], ['l'], { axis: 1 })],
    { x: f32([2, 3], x) },
    {
      s: f32([2, 3], [x.slice(0, 3), x.slice(3)].flatMap(softmax)),
      l: f32(
        [2, 3],
        [x.slice(0, 3), x.slice(3)].flatMap((row) => softmax(row).map(Math.log)),
      ),
    },
  ),
});
