package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

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

// Line asks a person at a terminal for one line. given: false = the input has ended.
func (in Input) Line(prompt string) (line string, given bool, err error) {
	line, err = in.Read(prompt, true)
	return strings.TrimSuffix(line, "\n"), line != "", err
}

// Hidden is Line for what nobody is to see.
func (in Input) Hidden(prompt string) (line string, given bool, err error) {
	f, ok := in.From.(*os.File)
	if !ok || !Is(f) {
		return in.Line(prompt)
	}
	fd := int(f.Fd()) //nolint:gosec // a file descriptor fits
	usual, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", false, hinted.Because(err, "command.stdin-unread")
	}
	hidden := *usual
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &hidden); err != nil { // before the prompt: who answers at once is not shown either
		return "", false, hinted.Because(err, "command.stdin-unread")
	}
	line, given, err = in.Line(prompt)
	fmt.Fprintln(in.Prompt)
	return line, given, errors.Join(err, unix.IoctlSetTermios(fd, unix.TCSETS, usual))
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
