/** This package's version. */
export const VERSION = "0.1.0";

/** The API's version that this package was written for; answers carry it in `meta.version`. */
export const API_VERSION = "1.0";
