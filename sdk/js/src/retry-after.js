// The Retry-After header.

const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Seconds to wait, at least 0; null where the header says nothing that can be read.
 *
 * Both forms of RFC 9110, section 10.2.3: seconds, and a date. `now` is seconds since the epoch.
 */
export function readRetryAfter(header, now) {
  const text = header.trim();
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  const at = DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil(at / 1000 - now));
}
