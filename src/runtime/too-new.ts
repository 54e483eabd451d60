/**
 * What to do about a model that is too new for ONNX Runtime, by its error message, which says the
 * limit. Undefined: the message is about something else.
 */
export function hintIfTooNew(message: string): string | undefined {
  const [, ir] = /max supported IR version: (\d+)/.exec(message) ?? [];
  const [, domain, opset] = /official support for domain ([\w.]+) is till opset (\d+)/.exec(message) ?? [];
  const limit =
    ir === undefined
      ? opset && (domain === 'ai.onnx' ? `opset ${opset}` : `opset ${opset} of ${domain}`)
      : `IR version ${ir}`;
  return (
    limit &&
    `ONNX Runtime takes ${limit} at most: export the model with a lower one (see mlreg help from-training)`
  );
}
