import { addText, type DistinctSketch, emptySketch } from './distinct-sketch.ts';
import type { TextFacts } from './column-state.ts';

/** Texts that are counted one by one, and characters of them; later ones are only counted together. */
const mostTexts = 2 ** 16;
const mostCharacters = 2 ** 23;

export interface CollectedTexts extends TextFacts {
  categories: Map<string, number>;
  sketch: DistinctSketch;
  /** Null: not all were counted one by one. */
  distinct: number | null;
}

/** Counts texts in bounded memory. */
export function collectTexts() {
  const categories = new Map<string, number>();
  const sketch = emptySketch();
  let characters = 0;
  let [count, others] = [0, 0];
  return {
    add(text: string, times: number): void {
      count += times;
      const before = categories.get(text);
      if (before !== undefined) {
        categories.set(text, before + times);
        return;
      }
      addText(sketch, text);
      if (categories.size < mostTexts && characters + text.length <= mostCharacters) {
        categories.set(text, times);
        characters += text.length;
      } else others += times;
    },
    finish(): CollectedTexts {
      return { count, categories, others, sketch, distinct: others === 0 ? categories.size : null };
    },
  };
}
