package sandbox

import (
	"fmt"
	"html"
	"net/http"
	"os"
)

// serveContract answers the Swagger document: the file of the configuration, whatever is in it at this moment, or else
// what the sandbox says of itself. A file that went away is a contract that is not found.
func (s *Sandbox) serveContract(w http.ResponseWriter, r *http.Request) {
	if refusal := allow(r, http.MethodGet); refusal != nil {
		s.write(w, refusal)
		return
	}
	if s.config.ContractFile == "" {
		s.write(w, &answer{status: http.StatusOK, body: s.swagger})
		return
	}
	text, err := os.ReadFile(s.config.ContractFile)
	if err != nil {
		s.serveNotFound(w, r)
		return
	}
	s.write(w, &answer{status: http.StatusOK, body: text})
}

// showContract answers what the sandbox says of itself, also when it serves a file instead.
func (s *Sandbox) showContract(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(s.swagger) // an error means that the client has gone
}

// serveUI answers a page where Swashbuckle has its own: it names the document and fetches nothing from elsewhere.
func (s *Sandbox) serveUI(w http.ResponseWriter, r *http.Request) {
	if refusal := allow(r, http.MethodGet); refusal != nil {
		s.write(w, refusal)
		return
	}
	page := fmt.Sprintf(uiPage, html.EscapeString(NoticeEN), s.profile.method, s.profile.salariePath)
	s.write(w, &answer{status: http.StatusOK, body: []byte(page), header: map[string]string{"Content-Type": "text/html; charset=utf-8"}})
}

const uiPage = `<!DOCTYPE html>
<html><head><title>Swagger UI</title></head><body>
<h1>Swagger UI</h1>
<p>%s</p>
<p>%s /V2%s and the other calls: <a href="../docs/V2">swagger/docs/V2</a></p>
</body></html>
`
