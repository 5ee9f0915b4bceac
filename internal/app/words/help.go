package words

import (
	"fmt"
	"strings"

	"syncd/internal/app"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/sandbox"
)

// OfHelp are the values that texts of help name: names and values in turn. config is the file that is read where none is named.
func OfHelp(h *locale.Help, config string) []any {
	lines := faultLines(nil, h, sandbox.CommonFaults())
	for _, stand := range partner.StandIns() {
		lines = append(lines, "\n--profile "+strings.Join(stand.Profiles, h.Words.Or))
		lines = faultLines(lines, h, stand.API.OwnFaults(), "calls", stand.API.Calls(), "default", stand.API.Default)
	}
	return []any{
		"config", config, "states", strings.Join(app.RunStates, ", "), "decisions", strings.Join(app.DecisionNames(), ", "),
		"profiles", strings.Join(partner.Profiles(), h.Words.Or), "views", strings.Join(app.Inbox{}.Views(), ", "),
		"faults", strings.Join(lines, "\n"),
	}
}

func faultLines(lines []string, h *locale.Help, faults []sandbox.FaultFlag, values ...any) []string {
	for _, f := range faults {
		lines = append(lines, fmt.Sprintf("  %-32s %s", f.Example, locale.Fill(h.Faults[f.Name], values...)))
	}
	return lines
}
