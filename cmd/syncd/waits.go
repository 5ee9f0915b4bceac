package main

import (
	"fmt"
	"sync"
	"time"

	"syncd/internal/httpcall"
	"syncd/internal/report/locale"
)

// waitAgain is how long a person is left alone once it was told that the API does not answer: several calls wait at once.
const waitAgain = 30 * time.Second

// waits tells a person what a command waits for, in a pipe as well: one that says nothing for two minutes looks dead. A daemon
// has its log, and monitoring.
func (a *app) waits() func(httpcall.Wait) {
	if a.observe != nil {
		return nil
	}
	var mu sync.Mutex
	var told time.Time
	return func(w httpcall.Wait) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(told) < waitAgain {
			return
		}
		told = time.Now()
		text := "Isidoor has not answered yet (%s): waiting until %s at the latest\n"
		if a.language() == locale.French {
			text = "Isidoor n'a pas encore répondu (%s) : attente jusqu'à %s au plus tard\n"
		}
		if isTerminal(a.Stderr) {
			text = clearLine + text
		}
		fmt.Fprintf(a.Stderr, text, w.Call, w.Until.In(a.config.Zone()).Format("15:04:05 MST"))
	}
}
