// Exports, streamed.

import { RequestTimeoutError, UnexpectedAnswerError } from "./errors.js";
import { joined } from "./transport.js";

const IDLE_SECONDS = 60; // setting a PDF takes some seconds before the first piece
const MEMORY_BYTES = 268_435_456;
const PATHS = {
  json: "/scans/{id}/export/json",
  csv: "/scans/{id}/export/csv",
  pdf: "/scans/{id}/export/pdf",
  html: "/scans/{id}/export/html",
};

/** The export as it comes. What fails before the first piece is tried again; what breaks off later is thrown. */
export async function* exportPieces(transport, scanId, format, { timeoutSeconds = 600, signal } = {}) {
  if (!Object.hasOwn(PATHS, format)) throw new TypeError(`format: want one of ${Object.keys(PATHS).join(", ")}`);
  const { clock } = transport.hooks;
  const deadline = clock() + timeoutSeconds;
  const idle = Math.max(IDLE_SECONDS, transport.timeout);
  const attempt = () =>
    transport.stream(PATHS[format], [scanId], {
      headers: { Accept: "*/*" },
      seconds: Math.min(idle, deadline - clock()),
      signal,
    });
  const stream = await transport.repeat("GET", attempt, { within: timeoutSeconds, signal });
  try {
    for (;;) {
      const left = deadline - clock();
      if (left <= 0) throw new RequestTimeoutError(`The export took longer than ${timeoutSeconds} s.`);
      const piece = await stream.piece(Math.min(idle, left), signal);
      if (piece === null) return;
      yield piece;
    }
  } finally {
    stream.close();
  }
}

/** All of it. Rejects with `UnexpectedAnswerError` beyond `most` bytes. */
export async function inMemory(pieces, most = MEMORY_BYTES) {
  const held = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size > most) throw new UnexpectedAnswerError(`The export is longer than ${most} bytes; take it piece by piece.`);
  }
  return joined(held, size);
}
