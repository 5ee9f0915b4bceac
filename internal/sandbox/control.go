package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"strings"
)

// The control routes change the sandbox and show what it holds. They exist only on loopback, want ControlToken as a bearer
// token, and JSON from whoever changes something: a form of a web page can send neither.
//
//	GET    /sandbox/stats
//	GET    /sandbox/received?dossier=NAME[&documents=no]
//	GET    /sandbox/faults
//	POST   /sandbox/faults       {"503": 0.1, "latency": "20ms"}: replaces them all
//	POST   /sandbox/dictionary   {"Nom": …, "Code": …, "Libelle": …, "Actif": true}: adds or changes a code
//	DELETE /sandbox/dictionary   {"Nom": …, "Code": …}: removes it
//	POST   /sandbox/document     {"dossier": …, "matricule": …, "period": …, "members": {"Iban": …}}: edits it
//	DELETE /sandbox/document     {"dossier": …, "matricule": …, "period": …}: removes it
//	GET    /sandbox/contract     the sandbox's own, also when it serves another
//	POST   /sandbox/reset
func (s *Sandbox) controlRoutes(mux *http.ServeMux) {
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /sandbox/stats":         s.showStats,
		"GET /sandbox/received":      s.showReceived,
		"GET /sandbox/faults":        s.showFaults,
		"POST /sandbox/faults":       s.changeFaults,
		"POST /sandbox/dictionary":   s.changeEntry,
		"DELETE /sandbox/dictionary": s.removeEntry,
		"POST /sandbox/document":     s.changeDocument(s.Edit),
		"DELETE /sandbox/document":   s.changeDocument(s.Delete),
		"GET /sandbox/contract":      s.showContract,
		"POST /sandbox/reset":        s.resetAll,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if !arrivedOnLoopback(r) {
				s.serveNotFound(w, r)
				return
			}
			if problem, status := s.uncontrolled(r); problem != "" {
				http.Error(w, problem, status)
				return
			}
			handle(w, r)
		})
	}
}

// ControlToken is the token of the control routes, which follows from the client's secret: whoever has the configuration
// of a sandbox can control it, and nothing more is to be kept. It tells nothing of the secret.
func ControlToken(clientSecret string) string {
	mac := hmac.New(sha256.New, []byte(clientSecret))
	mac.Write([]byte("control of syncd's sandbox"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// uncontrolled says why a request does not control the sandbox; "" = it does.
func (s *Sandbox) uncontrolled(r *http.Request) (problem string, status int) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || !hmac.Equal([]byte(token), []byte(s.controlToken)) {
		return "the sandbox's control wants a token\nhint: 'syncd sandbox token' prints it, for: Authorization: Bearer TOKEN", http.StatusUnauthorized
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodGet && r.Method != http.MethodHead && (err != nil || kind != "application/json") {
		return "the sandbox's control wants JSON\nhint: Content-Type: application/json", http.StatusUnsupportedMediaType
	}
	return "", 0
}

func arrivedOnLoopback(r *http.Request) bool {
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return addr != nil && isLoopback(addr)
}

func (s *Sandbox) showStats(w http.ResponseWriter, _ *http.Request) { show(w, s.Stats()) }

func (s *Sandbox) showFaults(w http.ResponseWriter, _ *http.Request) { show(w, s.Faults()) }

// ReceivedList is the answer of /sandbox/received.
type ReceivedList struct {
	Dossier    string     `json:"dossier"`
	Documents  int        `json:"documents"`
	Deliveries int        `json:"deliveries"`
	Received   []Received `json:"received"`
}

func (s *Sandbox) showReceived(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("dossier")
	if s.dossierNamed(name) == nil {
		http.Error(w, "no such dossier\nhint: /sandbox/received?dossier=NAME, with a name that the sandbox was started with", http.StatusNotFound)
		return
	}
	list := ReceivedList{Dossier: name, Received: s.Received(name)}
	list.Documents = len(list.Received)
	for i := range list.Received {
		list.Deliveries += list.Received[i].Deliveries
		if r.URL.Query().Get("documents") == "no" {
			list.Received[i].Document = nil
		}
	}
	show(w, list)
}

func (s *Sandbox) changeFaults(w http.ResponseWriter, r *http.Request) {
	var faults Faults
	if !read(w, r, &faults) {
		return
	}
	if err := s.SetFaults(faults); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) changeEntry(w http.ResponseWriter, r *http.Request) {
	var entry Entry
	if readEntry(w, r, &entry) {
		s.SetEntry(entry)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) removeEntry(w http.ResponseWriter, r *http.Request) {
	var entry Entry
	if readEntry(w, r, &entry) {
		s.RemoveEntry(entry.Nom, entry.Code)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) changeDocument(change func(Edit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var edit Edit
		if !read(w, r, &edit) {
			return
		}
		if err := change(edit); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) resetAll(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func readEntry(w http.ResponseWriter, r *http.Request, entry *Entry) bool {
	if !read(w, r, entry) {
		return false
	}
	if entry.Nom == "" || entry.Code == "" {
		http.Error(w, "Nom and Code are required", http.StatusBadRequest)
		return false
	}
	return true
}

// read answers 400 and false when the body is not the JSON expected.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		text := strings.TrimPrefix(err.Error(), "json: ")
		http.Error(w, "reading the request: "+text, http.StatusBadRequest)
		return false
	}
	return true
}

// show writes v, compact so that documents show as they were received; an error means that the client has gone.
func show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
}
