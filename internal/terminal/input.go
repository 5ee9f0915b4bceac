package terminal

import (
	"bufio"
	"fmt"
	"io"

	"syncd/internal/hinted"
)

// maxInput is how many bytes are read at most: tens of thousands of matricules.
const maxInput = 1 << 20

// Input is what stands on standard input.
type Input struct {
	From   io.Reader
	Prompt io.Writer       // where a person at a terminal is asked
	Stop   <-chan struct{} // closed: the person gave up
}

// Read reads it to its end, or of a terminal one line where that is enough. An error is a fact.
func (in Input) Read(prompt string, oneLine bool) (string, error) {
	input := bufio.NewReader(io.LimitReader(in.From, maxInput+1))
	read := func() (string, error) {
		text, err := io.ReadAll(input)
		return string(text), err
	}
	if Is(in.From) {
		fmt.Fprint(in.Prompt, prompt)
		if oneLine {
			read = func() (string, error) {
				line, err := input.ReadString('\n')
				if err == io.EOF {
					err = nil
				}
				return line, err
			}
		}
	}
	text, err := in.interruptible(read)
	switch {
	case err != nil:
		return "", err
	case len(text) > maxInput:
		return "", hinted.Because(nil, "command.stdin-large", "value", maxInput)
	}
	return text, nil
}

// interruptible lets a signal end a read, which knows of none: whoever is asked something may give up.
func (in Input) interruptible(read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return "", hinted.Because(r.err, "command.stdin-unread")
		}
		return r.text, nil
	case <-in.Stop:
		return "", hinted.Because(nil, "command.stdin-stopped")
	}
}
