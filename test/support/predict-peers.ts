import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from '../services/install.ts';

/** Arguments: the table, the output, the model. */
const session = `
import sys, numpy as np, onnxruntime as ort
options = ort.SessionOptions(); options.intra_op_num_threads = 2
session = ort.InferenceSession(sys.argv[3], options)
`;
const scripts = {
  polars: `${session}
import polars as pl
table = pl.read_csv(sys.argv[1])
label, probabilities = session.run(None, {"X": table.to_numpy().astype(np.float32)})
added = pl.DataFrame({"label": label, **{f"probabilities_{k}": probabilities[:, k] for k in range(10)}})
pl.concat([table, added], how="horizontal").write_csv(sys.argv[2])
`,
  pandas: `${session}
import pandas as pd
table = pd.read_csv(sys.argv[1])
label, probabilities = session.run(None, {"X": table.to_numpy().astype(np.float32)})
added = pd.DataFrame({"label": label, **{f"probabilities_{k}": probabilities[:, k] for k in range(10)}})
pd.concat([table, added], axis=1).to_csv(sys.argv[2], index=False)
`,
};

/**
 * What people use instead, in Python: the commands that predict a CSV file with digits_mlp, in a
 * virtual environment that this makes in `cache`.
 */
export function predictPeers(cache: string, table: string, model: string): Record<string, string[]> {
  const python = installPackages(cache, ['polars==2.1.0', 'pandas', 'onnxruntime==1.30.0', 'numpy']);
  return Object.fromEntries(
    Object.entries(scripts).map(([name, text]) => {
      const file = join(cache, `with-${name}.py`);
      writeFileSync(file, text);
      return [name, [python, file, table, join(cache, `${name}.csv`), model]];
    }),
  );
}
