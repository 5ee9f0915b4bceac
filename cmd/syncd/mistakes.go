package main

import (
	"fmt"
	"io"
)

// mistakes tells what keeps dossiers of a command from their turn. What is the same of hundreds of them is told once, with a
// count.
type mistakes struct {
	w      io.Writer
	texts  []string            // in the order in which they came
	others map[string][]string // dossiers that met one again
}

func (m *mistakes) tell(dossier string, err error) {
	text := err.Error()
	if others, known := m.others[text]; known {
		m.others[text] = append(others, dossier)
		return
	}
	if m.others == nil {
		m.others = map[string][]string{}
	}
	m.texts, m.others[text] = append(m.texts, text), nil
	fmt.Fprintf(m.w, "syncd: %s: %s\n", dossier, text)
}

// end counts those that were met again.
func (m *mistakes) end() {
	for _, text := range m.texts {
		if others := m.others[text]; len(others) > 0 {
			fmt.Fprintf(m.w, "syncd: %s%s\n", moreDossiers(others), firstLine(text))
		}
	}
}
