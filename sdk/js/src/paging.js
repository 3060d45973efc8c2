// Lists that come in pages, one item after the other.

import { UnexpectedAnswerError } from "./errors.js";

function itemsOf(page) {
  if (!Array.isArray(page?.items)) throw new UnexpectedAnswerError("The answer is no list: it has no items.");
  return page.items;
}

/** Every item; at most one page is held. Throws `UnexpectedAnswerError` where a cursor leads back to itself. */
export async function* byCursor(fetchPage) {
  let cursor = null;
  for (;;) {
    const page = await fetchPage(cursor);
    yield* itemsOf(page);
    const next = page.next_cursor ?? null;
    if (next === null) return;
    if (next === cursor) throw new UnexpectedAnswerError("The list goes round in circles: a page's next_cursor is its own.");
    cursor = next;
  }
}

/** Every item. What is added at the front meanwhile shows as an item that comes twice. */
export async function* byNumber(fetchPage) {
  for (let number = 1; ; number += 1) {
    const page = await fetchPage(number);
    yield* itemsOf(page);
    if (page.items.length === 0 || !(number * page.per_page < page.total)) return;
  }
}
