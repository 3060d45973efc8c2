package scanfleet

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

const prefix = "/api/v1"

var (
	plainAddress = regexp.MustCompile(`^https?://[^/?#@\\]+(/[^?#\\]*)?$`)
	visible      = regexp.MustCompile(`^[\x21-\x7e]+$`)
	place        = regexp.MustCompile(`\{\w+\}`)
)

// apiBase is where the API of the service at an address begins, without a slash at the end.
func apiBase(address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || !visible.MatchString(address) || !plainAddress.MatchString(address) {
		return "", errors.New("scanfleet: baseURL: want the service's address, such as https://seo.example.com, " +
			"without user, query or fragment")
	}
	base := strings.TrimRight(address, "/")
	if strings.HasSuffix(base, prefix) {
		return base, nil
	}
	return base + prefix, nil
}

func encoded(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// pair is a parameter of a query; nil is left out.
type pair struct {
	name  string
	value any
}

// given is nil for a zero value, which stands for "not given" in options.
func given[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

// addressOf is the address of a call: path as the contract has it, with {…} where ids go, in order; each stays one
// segment of the path, whatever it holds.
func addressOf(base, path string, ids []string, query []pair) (string, error) {
	for _, id := range ids {
		if id == "" || id == "." || id == ".." {
			return "", fmt.Errorf("scanfleet: id: %q can't be one", id)
		}
	}
	next := 0
	filled := place.ReplaceAllStringFunc(path, func(string) string {
		next++
		return encoded(ids[next-1])
	})
	var pairs []string
	for _, one := range query {
		if one.value != nil {
			pairs = append(pairs, one.name+"="+encoded(fmt.Sprint(one.value)))
		}
	}
	if len(pairs) > 0 {
		filled += "?" + strings.Join(pairs, "&")
	}
	return base + filled, nil
}
