// Scans that a guest started from this browser: ids only lead to them from the same network address.

const STORED = "scanfleet.recent";
const MOST = 10;

/** `[{id, url, mode, at}]`, newest first. */
export function recall() {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return []; // storage that is switched off, or holds something else
  }
}

export function remember({ id, url, mode }) {
  const items = [{ id, url, mode, at: new Date().toISOString() }, ...recall().filter((one) => one.id !== id)];
  try {
    localStorage.setItem(STORED, JSON.stringify(items.slice(0, MOST)));
  } catch {
    // Without storage the scan is found by its address only.
  }
}
