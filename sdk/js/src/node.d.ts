import type { Client, ExportOptions } from "./index.js";
import type { ExportFormat } from "./models.js";

/** Write a scan's export to `path`, which is there only once it is whole; resolves to the number of bytes. */
export function exportFile(
  client: Client,
  scanId: string,
  format: ExportFormat,
  path: string,
  options?: ExportOptions,
): Promise<number>;
