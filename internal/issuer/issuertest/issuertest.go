// Package issuertest is an OpenID Connect issuer for tests: real HTTP or HTTPS on loopback, real signatures, and whatever a hostile one
// does instead.
package issuertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// What it knows its client by.
const (
	ClientID = "syncd"
	Secret   = "the client's secret"
)

// Issuer is one. Whoever is sent to it is signed in as Subject at once.
type Issuer struct {
	URL    string
	CAFile string // of who signed its certificate; "" = it speaks HTTP

	mu       sync.Mutex
	now      func() time.Time
	subject  string
	signedIn time.Time // when its person proved it there, where it need not be proved anew
	ignores  bool      // that it must be
	key      *ecdsa.PrivateKey
	kid      string
	change   func(claims map[string]any)
	instead  map[string]http.HandlerFunc
	says     map[string]any
	codes    map[string]url.Values // by which somebody was sent here
	asked    map[string]int
}

// New makes an issuer that ends with the test; now is its clock.
func New(t testing.TB, encrypted bool, now func() time.Time) *Issuer {
	t.Helper()
	i := &Issuer{now: now, subject: "subject-1", instead: map[string]http.HandlerFunc{}, says: map[string]any{},
		codes: map[string]url.Values{}, asked: map[string]int{}}
	i.Rotate()
	server := httptest.NewUnstartedServer(i)
	if encrypted {
		server.StartTLS()
		i.CAFile = filepath.Join(t.TempDir(), "ca.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile(i.CAFile, block, 0o600); err != nil {
			t.Fatal(err)
		}
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	i.URL = server.URL
	i.signedIn = now()
	return i
}

func (i *Issuer) with(work func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	work()
}

// Is lets whoever is sent here be a subject.
func (i *Issuer) Is(subject string) { i.with(func() { i.subject = subject }) }

// SignedIn says when its person proved who that is; ignoring: and it asks nobody anew.
func (i *Issuer) SignedIn(at time.Time, ignoring bool) {
	i.with(func() { i.signedIn, i.ignores = at, ignoring })
}

// Claims changes each ID token; nil = nothing of it.
func (i *Issuer) Claims(change func(map[string]any)) { i.with(func() { i.change = change }) }

// Instead answers a path otherwise; nil = as ever.
func (i *Issuer) Instead(path string, answer http.HandlerFunc) {
	i.with(func() { i.instead[path] = answer })
}

// Says changes what it tells of itself; nil takes a member away.
func (i *Issuer) Says(name string, value any) { i.with(func() { i.says[name] = value }) }

// Asked is how often a path was asked for.
func (i *Issuer) Asked(path string) (n int) {
	i.with(func() { n = i.asked[path] })
	return n
}

// Rotate lets it sign with another key, and forget the former one.
func (i *Issuer) Rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	i.with(func() { i.key, i.kid = key, rand.Text() })
}

// Paths of it.
const (
	Discovery = "/.well-known/openid-configuration"
	Authorize = "/authorize"
	Token     = "/token"
	Keys      = "/keys"
)

// ServeHTTP implements http.Handler.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var instead http.HandlerFunc
	i.with(func() {
		i.asked[r.URL.Path]++
		instead = i.instead[r.URL.Path]
	})
	if instead != nil {
		instead(w, r)
		return
	}
	switch r.URL.Path {
	case Discovery:
		i.discovery(w)
	case Authorize:
		i.authorize(w, r)
	case Token:
		i.token(w, r)
	case Keys:
		i.keys(w)
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(content)
}

func (i *Issuer) discovery(w http.ResponseWriter) {
	all := map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + Authorize, "token_endpoint": i.URL + Token,
		"jwks_uri": i.URL + Keys, "id_token_signing_alg_values_supported": []string{"ES256"}, "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"}}
	i.with(func() { maps.Copy(all, i.says) })
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	answer(w, http.StatusOK, all)
}

// authorize signs somebody in, and sends the browser back.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("scope") != "openid" ||
		q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		http.Error(w, "this is no request of the code flow with PKCE", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	i.with(func() { i.codes[code] = q })
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound) //nolint:gosec // of a test
}

// token exchanges a code, once, for whoever has its verifier and the client's secret.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code string) { answer(w, http.StatusBadRequest, map[string]string{"error": code}) }
	id, secret, _ := r.BasicAuth()
	if plain, err := url.QueryUnescape(secret); err == nil {
		secret = plain
	}
	if id == "" {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != Secret {
		refuse("invalid_client")
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	q, known := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") ||
		q.Get("redirect_uri") != r.PostFormValue("redirect_uri") {
		refuse("invalid_grant")
		return
	}
	now := i.now()
	claims := map[string]any{"iss": i.URL, "sub": i.subject, "aud": ClientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
		"nonce": q.Get("nonce"), "auth_time": i.signedIn.Unix()}
	if q.Get("prompt") == "login" && !i.ignores {
		claims["auth_time"] = now.Unix()
	}
	if i.change != nil {
		i.change(claims)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600,
		"id_token": oidctest.SignIDToken(i.key, i.kid, "ES256", string(text))})
}

func (i *Issuer) keys(w http.ResponseWriter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	point, err := i.key.PublicKey.Bytes() // 0x04, x, y
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
		"kid": i.kid, "x": encode(point[1:33]), "y": encode(point[33:])}}})
}
