import { metricDirection, type Direction } from '../metadata/metric-direction.ts';
import type { EvaluationTask } from './evaluation.ts';

/** The metric that stands for all others where one number is needed, and its direction. */
export function leadingMetric(task: EvaluationTask): { name: 'accuracy' | 'rmse'; direction: Direction } {
  return task === 'classification'
    ? { name: 'accuracy', direction: 'higher' }
    : { name: 'rmse', direction: 'lower' };
}

/** The better direction of a metric of evaluations. */
export function directionOf(name: string): Direction {
  return name === 'ece' ? 'lower' : (metricDirection(name) ?? 'higher');
}

/** Whether a metric of an evaluation is a share of its rows, so that hits can be counted. */
export function isShareOfRows(name: string): boolean {
  return /^(?:top_\d+_)?accuracy$/.test(name);
}
