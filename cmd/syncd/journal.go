package main

import (
	"io"

	"github.com/rs/zerolog"
)

// journalWriter puts the priority in front of each line, as systemd's journal reads it (sd-daemon(3)): 'journalctl -p
// warning' shows what went wrong.
type journalWriter struct{ io.Writer }

var priorities = map[zerolog.Level]string{
	zerolog.TraceLevel: "<7>", zerolog.DebugLevel: "<7>", zerolog.InfoLevel: "<6>", zerolog.WarnLevel: "<4>",
	zerolog.ErrorLevel: "<3>", zerolog.FatalLevel: "<2>", zerolog.PanicLevel: "<2>",
}

// WriteLevel implements zerolog.LevelWriter: one line, in one write.
func (w journalWriter) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	if _, err := w.Write(append([]byte(priorities[level]), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}
