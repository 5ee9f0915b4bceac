package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"strings"

	"syncd/internal/hinted"
)

// The control routes change the sandbox and show what it contains. They exist only on loopback, want ControlToken as a bearer
// token, and JSON from whoever changes something: a form of a web page can send neither. A stand-in adds its own.
//
//	GET    /sandbox/stats
//	GET    /sandbox/faults
//	POST   /sandbox/faults       {"503": 0.1, "latency": "20ms"}: replaces them all
//	POST   /sandbox/reset
func (s *Server) controlRoutes() {
	s.Control("GET /sandbox/stats", s.showStats)
	s.Control("GET /sandbox/faults", s.showFaults)
	s.Control("POST /sandbox/faults", s.changeFaults)
	s.Control("POST /sandbox/reset", s.resetAll)
}

// Control adds a control route, such as "GET /sandbox/received".
func (s *Server) Control(pattern string, handle http.HandlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if !arrivedOnLoopback(r) {
			s.notFound(w, r)
			return
		}
		if problem, status := s.uncontrolled(r); problem != "" {
			Refuse(w, status, hinted.Because(nil, problem))
			return
		}
		handle(w, r)
	})
}

// ControlToken is the token of the control routes, which follows from the client's secret: whoever has the configuration
// of a sandbox can control it, and nothing more is to be kept. It tells nothing of the secret.
func ControlToken(clientSecret string) string {
	mac := hmac.New(sha256.New, []byte(clientSecret))
	mac.Write([]byte("control of syncd's sandbox"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// uncontrolled is the fact why a request does not control the sandbox; "" = it does.
func (s *Server) uncontrolled(r *http.Request) (problem string, status int) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || !hmac.Equal([]byte(token), []byte(s.controlToken)) {
		return "sandbox.wants-token", http.StatusUnauthorized
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodGet && r.Method != http.MethodHead &&
		(err != nil || kind != "application/json") {
		return "sandbox.wants-json", http.StatusUnsupportedMediaType
	}
	return "", 0
}

func arrivedOnLoopback(r *http.Request) bool {
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return addr != nil && isLoopback(addr)
}

func (s *Server) showStats(w http.ResponseWriter, _ *http.Request) { Show(w, s.Stats()) }

func (s *Server) showFaults(w http.ResponseWriter, _ *http.Request) { Show(w, s.Faults()) }

func (s *Server) changeFaults(w http.ResponseWriter, r *http.Request) {
	var faults Faults
	if !Read(w, r, &faults) {
		return
	}
	if err := s.SetFaults(faults); err != nil {
		Refuse(w, http.StatusBadRequest, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) resetAll(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil {
		Refuse(w, http.StatusInternalServerError, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Problem is the header of an answer of the control that refuses: a hinted.Kept as JSON, of which the body is the English.
const Problem = "Syncd-Problem"

// Refuse answers why the control does not do what is asked: as text, and as a fact for who has other words.
func Refuse(w http.ResponseWriter, status int, err error) {
	if fact, marshalErr := json.Marshal(hinted.Keep(err)); marshalErr == nil {
		w.Header().Set(Problem, string(fact))
	}
	http.Error(w, err.Error(), status)
}

// Read answers 400 and false when the body is not the JSON expected.
func Read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		text := strings.TrimPrefix(err.Error(), "json: ")
		Refuse(w, http.StatusBadRequest, hinted.Because(nil, "sandbox.request", "text", text))
		return false
	}
	return true
}

// Show writes v, compact so that documents show as they were received; an error means that the client has gone.
func Show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
}

// ReceivedList is the answer of /sandbox/received.
type ReceivedList struct {
	Dossier    string     `json:"dossier"`
	Documents  int        `json:"documents"`
	Deliveries int        `json:"deliveries"`
	Received   []Received `json:"received"`
}

// Dossier is one association that the sandbox knows.
type Dossier struct {
	Name  string
	Key   string // opaque secret; how requests name the dossier
	Siret string

	Login, Password string // of who speaks for it, at partners that ask for that
	Customer        string // its id, at partners that have one
}

// MadeUp is the dossier with what it shows such partners in a rehearsal, where it has nothing of that.
func (d Dossier) MadeUp() Dossier {
	d.Login = cmp.Or(d.Login, "tech-"+d.Name+"@example.org")
	d.Password = cmp.Or(d.Password, "essai:"+d.Name+"-é") // with what is easily broken on the way
	d.Customer = cmp.Or(d.Customer, "client-"+d.Name)
	return d
}

// MadeUp is that for all of them.
func MadeUp(dossiers []Dossier) []Dossier {
	complete := make([]Dossier, len(dossiers))
	for i, d := range dossiers {
		complete[i] = d.MadeUp()
	}
	return complete
}

// Received is the document of one employee and period, and how often one came.
type Received struct {
	Period     string          `json:"period"`
	Matricule  string          `json:"matricule"`
	Deliveries int             `json:"deliveries"`
	Repeats    int             `json:"repeats"`            // deliveries that were byte for byte the one before
	Sequence   []int64         `json:"sequence"`           // numbers of its deliveries among all that the sandbox stored, from 1
	SHA256     string          `json:"sha256"`             // hex, of the document
	Document   json.RawMessage `json:"document,omitempty"` // as received, unless elements were added to others, or somebody edited it
}

// Edit is what somebody changes at the other side, behind the back of who sent the document.
type Edit struct {
	Dossier   string `json:"dossier"`
	Matricule string `json:"matricule"`
	Period    string `json:"period,omitempty"` // "" = the newest that there is
	// Members are the new values by path, such as "Iban", "Contrat.TauxActivite" or "Elements".
	Members map[string]json.RawMessage `json:"members,omitempty"`
}
