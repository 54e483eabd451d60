/** The rules by which a falling metric raises an alarm. */
export const monitorRules = ['default', 'drops', 'pooled', 'page-hinkley'] as const;
export type MonitorRule = (typeof monitorRules)[number];
