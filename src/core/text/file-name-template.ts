import { MlregError } from '../errors.ts';
import { quote } from './quote.ts';

/** The fields of a template, besides metrics. */
const fields = ['name', 'version', 'stage', 'digest', 'ext'] as const;

export interface TemplateValues {
  /** The last part of the model's name. */
  name: string;
  version: string;
  /** A stage that points at the version; null if none does. */
  stage: string | null;
  /** Twelve hex digits. */
  digest: string;
  /** With its dot; empty for a folder. */
  ext: string;
  metrics: Readonly<Record<string, number>>;
}

/**
 * Fills in `{name}_v{version}_auc{auc}_{stage}{ext}`. Braces hold a field above or a metric. In
 * values, characters that some file systems reject become `-`. USAGE for a template that cannot be
 * parsed, INVALID_INPUT for a value that the version lacks.
 */
export function fillFileName(template: string, values: TemplateValues): string {
  const literal = template.replaceAll(/\{[^{}]*\}/g, '');
  if (/[{}/\\]/.test(literal)) {
    throw new MlregError('USAGE', `--as ${quote(template)} is not a file name template`, {
      hint: "use for example --as '{name}_v{version}_auc{auc}_{stage}{ext}'",
    });
  }
  return template.replaceAll(/\{([^{}]*)\}/g, (_, field: string) =>
    valueOf(field, values).replaceAll(/[^\w.+-]/g, '-'),
  );
}

function valueOf(field: string, { metrics, stage, ...others }: TemplateValues): string {
  if (field === 'stage') return stage ?? 'none';
  if (Object.hasOwn(others, field)) return others[field as keyof typeof others];
  if (Object.hasOwn(metrics, field)) return String(metrics[field]);
  const known = Object.keys(metrics);
  throw new MlregError(
    'INVALID_INPUT',
    `unknown field ${quote(field)} in --as: the version has no such metric`,
    {
      hint: `use ${fields.join(', ')}${known.length === 0 ? '; it has no metrics' : `, or a metric: ${known.map(quote).join(', ')}`}`,
    },
  );
}
