package main

import (
	"fmt"
	"io"
)

// mistakes tells what keeps dossiers of a command from their turn.
type mistakes struct {
	w io.Writer
	repeats[string]
}

func (m *mistakes) tell(dossier string, err error) {
	if text := message(err); !m.again(text, dossier) {
		fmt.Fprintf(m.w, "syncd: %s: %s\n", dossier, text)
	}
}

// end counts those that were met again.
func (m *mistakes) end() {
	m.repeats.end(func(text, more string) { fmt.Fprintf(m.w, "syncd: %s%s\n", more, firstLine(text)) })
}
