/** What `mlreg help TOPIC` explains beside the commands. The texts are in commands/help.ts. */
export const topics = {
  references: 'how versions are named: digits@production~1, digits@^1.2 …',
  'exit-codes': 'what scripts can rely on',
  metadata: 'what a metadata file holds',
  policies: 'gates: what a version must meet to be promoted',
  golden: 'what a golden set holds, and how outputs are compared',
};

export function isTopic(name: string): name is keyof typeof topics {
  return Object.hasOwn(topics, name);
}
