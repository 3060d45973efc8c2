package scanfleet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader is the header that a webhook's message is signed in.
const SignatureHeader = "X-Scanfleet-Signature"

// Tolerance is how far a message's time may be off, either way.
const Tolerance = 300 * time.Second

const headerBytes = 1_000

var wholeSeconds = regexp.MustCompile(`^[0-9]{1,15}$`)

// signatureParts gives the time as it was written, and the signatures of scheme v1; several while a secret is being
// changed.
func signatureParts(header string) (string, []string, error) {
	var times, signatures []string
	if len(header) <= headerBytes {
		for _, part := range strings.Split(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch name {
			case "t":
				times = append(times, value)
			case "v1":
				signatures = append(signatures, value)
			}
		}
	}
	if len(times) != 1 || !wholeSeconds.MatchString(times[0]) || len(signatures) == 0 {
		return "", nil, &SignatureError{"malformed", SignatureHeader + ": want t=<seconds>,v1=<hex>"}
	}
	return times[0], signatures, nil
}

// VerifySignature returns nil if the message is the service's own and fresh, else a *SignatureError. body is the raw
// body, before any parsing; header the value of X-Scanfleet-Signature; secret the webhook's, whsec_….
func VerifySignature(body []byte, header, secret string) error {
	return verifySignatureAt(body, header, secret, time.Now())
}

func verifySignatureAt(body []byte, header, secret string, now time.Time) error {
	if secret == "" {
		return errors.New("scanfleet: secret: is empty, so that anybody could sign")
	}
	at, signatures, err := signatureParts(header)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	wanted := []byte(hex.EncodeToString(mac.Sum(nil)))
	fits := false
	for _, one := range signatures {
		fits = hmac.Equal(wanted, []byte(one)) || fits // each in constant time, and all of them
	}
	if !fits {
		return &SignatureError{"mismatch", "the signature isn't the one of this body under this secret"}
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return &SignatureError{"malformed", err.Error()}
	}
	if off := now.Unix() - seconds; off > int64(Tolerance/time.Second) || off < -int64(Tolerance/time.Second) {
		return &SignatureError{"expired", fmt.Sprintf("the message is off by more than %s: a replay, or a clock is off", Tolerance)}
	}
	return nil
}

// ReadWebhook gives the message, verified. It may come more than once; DeliveryID tells.
func ReadWebhook(body []byte, header, secret string) (*WebhookEvent, error) {
	return readWebhookAt(body, header, secret, time.Now())
}

func readWebhookAt(body []byte, header, secret string, now time.Time) (*WebhookEvent, error) {
	if err := verifySignatureAt(body, header, secret, now); err != nil {
		return nil, err
	}
	event := new(WebhookEvent)
	if err := json.Unmarshal(body, event); err != nil || event.Event == "" || event.DeliveryID == "" {
		return nil, &UnexpectedAnswerError{"the message isn't a webhook's"}
	}
	return event, nil
}
