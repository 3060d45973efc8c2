package scanfleet

import "fmt"

// Secret is text that fmt doesn't show, so that it doesn't end up in a log; string(s) is the text itself.
type Secret string

// Format writes a mask, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) {
	if s == "" {
		return
	}
	_, _ = state.Write([]byte("[secret]")) // a Formatter has no way to tell of an error
}
