// What only Node can do.

import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Write a scan's export to `path`, which is there only once it is whole; resolves to the number of bytes. */
export async function exportFile(client, scanId, format, path, options = {}) {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}.part`);
  let size = 0;
  try {
    const file = await open(beside, "wx");
    try {
      for await (const piece of client.exportPieces(scanId, format, options)) {
        await file.writeFile(piece);
        size += piece.length;
      }
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
  return size;
}
