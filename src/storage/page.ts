/**
 * A page of rows in a fixed order; `next` continues after the last row, and is absent on the last
 * page.
 */
export interface Page<Row, Key> {
  rows: Row[];
  next?: Key;
}
