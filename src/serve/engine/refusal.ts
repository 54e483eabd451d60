/** Why a request gets no prediction, with the status of HTTP that says whose fault it is. */
export class Refusal extends Error {
  readonly status: number;
  /** What the answer has besides `error`, for clients of another server. */
  readonly also: Readonly<Record<string, string>>;

  constructor(status: number, message: string, also: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.also = also;
  }
}

/** A client's mistake. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, message);
}

/** A name from a request, for a message: short, in quotes, without control characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
