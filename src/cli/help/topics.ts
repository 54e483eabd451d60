/** The topics of `mlreg help TOPIC`. The texts are in topics/NAME.md. */
export const topics = {
  references: 'how versions are named: digits@production~1, digits@^1.2 …',
  'exit-codes': 'exit codes, for scripts',
  metadata: 'format of a metadata file',
  policies: 'gates: what a version must meet to be promoted',
  'golden-sets': 'format of a golden set, and how outputs are compared',
  'from-training': 'exporting models of scikit-learn, LightGBM, XGBoost, PyTorch and TensorFlow',
  tasks: 'daily tasks: add facts, roll back, look back, compare, delete',
  'data-drift': 'what data looks like, and whether live data still looks like the training data',
  evaluation: 'predictions against right answers: metrics, gates, comparing two versions',
  monitoring: 'telling when quality falls: schedule, rules, rollback, a CI job',
  'batch-inference': 'predicting files: bad rows, many machines, labels that come later',
  serving: 'a server in a minute, from FastAPI and MLflow, swap and rollback, behind nginx',
  images: 'models that take JPEG, PNG or WebP: size, crop, colours, labels',
  observability: 'watching a server: metrics, log, request ids and traces, status',
  benchmarks: 'limits, comparisons, settings, profiles, load, and the noise of a machine',
  backups: 'backups, restoring, checkpoints, and exporting versions',
  'other-tools': 'copying with oras and skopeo; importing from oras, KitOps and ModelPack',
  ci: 'CI jobs: step outputs, evidence of gates, watching a stage',
  library: 'using mlreg from TypeScript and Python',
};

export function isTopic(name: string): name is keyof typeof topics {
  return Object.hasOwn(topics, name);
}
