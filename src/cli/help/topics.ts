/** What `mlreg help TOPIC` explains beside the commands. The texts are in commands/help.ts and guides.ts. */
export const topics = {
  references: 'how versions are named: digits@production~1, digits@^1.2 …',
  'exit-codes': 'what scripts can rely on',
  metadata: 'what a metadata file holds',
  policies: 'gates: what a version must meet to be promoted',
  golden: 'what a golden set holds, and how outputs are compared',
  tasks: 'what people do day by day: add facts, roll back, look back, compare, delete',
  benchmarks: 'limits and comparisons, settings, profiles, load, and what a machine can tell',
  backups: 'backups, restoring, checkpoints, and taking versions elsewhere',
  ci: 'jobs: outputs for steps, evidence of gates, following a stage',
  library: 'use from TypeScript and Python',
};

export function isTopic(name: string): name is keyof typeof topics {
  return Object.hasOwn(topics, name);
}
