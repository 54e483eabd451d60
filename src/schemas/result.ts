import * as z from 'zod';

/** The fields that every command's object has besides its own. */
const around = {
  schemaVersion: z.literal(1).describe('Increased only if a field is renamed or removed'),
  warnings: z.array(z.string()).describe('Warnings; the command succeeded'),
};

/** The output of a read-only command. */
export function reading<Name extends string, Fields extends z.core.$ZodLooseShape>(
  command: Name,
  fields: Fields,
) {
  const { schemaVersion, warnings } = around;
  return z.strictObject({ schemaVersion, command: z.literal(command), ...fields, warnings });
}

/** The output of a command that can change something: it says whether it did. */
export function changing<Name extends string, Fields extends z.core.$ZodLooseShape>(
  command: Name,
  fields: Fields,
) {
  return reading(command, {
    changed: z.boolean().describe('False if there was nothing to change'),
    ...fields,
  });
}
