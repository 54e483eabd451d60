/** How the cells of a column are read. `none`: no cell has a value; `other`: nested values, blobs. */
export type CellKind = 'number' | 'datetime' | 'text' | 'none' | 'other';

/** A column of a table, whose values are loaded when they are needed. */
export interface ColumnData {
  name: string;
  kind: CellKind;
  rows: number;
  /** Cells that are no number or time, although the column holds them; they are loaded as NaN. */
  invalid(): number;
  /**
   * Puts the value of each row into `into`: numbers, epoch milliseconds, or codes of `texts`, and
   * NaN where there is none.
   */
  load(into: Float64Array): Promise<void>;
  /** The texts by their codes, once the values were loaded. */
  texts(): readonly string[];
  /** Rows whose text is not among them: more differ than are told apart. Loaded as −1. */
  others(): number;
}

export interface TableData {
  /** Base name; null: standard input. */
  file: string | null;
  /** SHA-256 of the bytes, as hex. */
  sha256: string;
  rows: number;
  columns: ColumnData[];
  /** Names of all columns in order, also of those that were ignored. */
  names: string[];
  close(): void;
}

/** Texts that are told apart. */
const mostTexts = 2 ** 16;
/** Characters of them. */
const mostCharacters = 2 ** 23;

export interface TextCodes {
  /** The code of a text; −1 if there are too many. */
  codeOf(text: string): number;
  texts: readonly string[];
}

/** Gives the texts of a column codes, in bounded memory. */
export function textCodes(): TextCodes {
  const codes = new Map<string, number>();
  const texts: string[] = [];
  let characters = 0;
  return {
    texts,
    codeOf(text) {
      const known = codes.get(text);
      if (known !== undefined) return known;
      if (texts.length >= mostTexts || characters + text.length > mostCharacters) return -1;
      characters += text.length;
      codes.set(text, texts.length);
      return texts.push(text) - 1;
    },
  };
}
