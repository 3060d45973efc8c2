// Package scanfleet is a client of the Scanfleet SEO scan service. It needs nothing but Go's standard library.
//
// Start with New, then CreateScan and WaitForScan. VerifySignature and ReadWebhook are for receivers of webhooks.
package scanfleet

// Version is this package's version.
const Version = "0.1.0"

// APIVersion is the API's version that this package was written for; answers carry it in meta.version.
const APIVersion = "1.0"
