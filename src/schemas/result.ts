import * as z from 'zod';

/** What every command's object has around its own fields. */
const around = {
  schemaVersion: z.literal(1).describe('Increased only if a field is renamed or removed'),
  warnings: z.array(z.string()).describe('Warnings; the command succeeded'),
};

/** The object that a command which only reads prints. */
export function reading<Name extends string, Fields extends z.core.$ZodLooseShape>(
  command: Name,
  fields: Fields,
) {
  const { schemaVersion, warnings } = around;
  return z.strictObject({ schemaVersion, command: z.literal(command), ...fields, warnings });
}

/** The object that a command which can change something prints: it says whether it did. */
export function changing<Name extends string, Fields extends z.core.$ZodLooseShape>(
  command: Name,
  fields: Fields,
) {
  return reading(command, {
    changed: z.boolean().describe('False if there was nothing to change'),
    ...fields,
  });
}
