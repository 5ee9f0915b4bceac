// Package sandboxtest is a plain client of stand-ins, for their tests.
package sandboxtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// Client asks a stand-in that listens on a port of this machine.
type Client struct {
	*testing.T
	URL    string
	Header map[string]string // of each call
	secret string
	http   *http.Client
}

// Start lets a stand-in listen until the test ends. secret is that of its client.
func Start(t *testing.T, handler http.Handler, secret string) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := &Client{T: t, URL: server.URL, Header: map[string]string{}, secret: secret, http: server.Client()}
	c.http.Timeout = 10 * time.Second
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Reply is an answer, read to its end.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Try makes a call. header is added to that of each call; "" takes one away.
func (c *Client) Try(method, path, body string, header map[string]string) (Reply, error) {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	for _, all := range []map[string]string{c.Header, header} {
		for name, value := range all {
			if request.Header.Set(name, value); value == "" {
				request.Header.Del(name)
			}
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return Reply{response.StatusCode, response.Header, string(read)}, err
}

// Call is Try for a call that is answered.
func (c *Client) Call(method, path, body string, header map[string]string) Reply {
	c.Helper()
	reply, err := c.Try(method, path, body, header)
	if err != nil {
		c.Fatalf("%s %s: %v", method, path, err)
	}
	return reply
}

// Want is Call for an answer of this status, whose JSON it decodes, unless into is nil.
func (c *Client) Want(status int, method, path, body string, into any) Reply {
	c.Helper()
	reply := c.Call(method, path, body, nil)
	if reply.Status != status {
		c.Fatalf("%s %s: status %d, want %d: %.200s", method, path, reply.Status, status, reply.Body)
	}
	if into != nil {
		decoder := json.NewDecoder(strings.NewReader(reply.Body))
		decoder.UseNumber()
		if err := decoder.Decode(into); err != nil {
			c.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return reply
}

// Authorize asks for a token by client credentials, and shows it from then on.
func (c *Client) Authorize(path, id, scope string) {
	c.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {c.secret}}
	if scope != "" {
		form.Set("scope", scope)
	}
	reply := c.Call(http.MethodPost, path, form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded",
		"Authorization": ""})
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(reply.Body), &token); err != nil || token.Access == "" {
		c.Fatalf("no token: %d %s", reply.Status, reply.Body)
	}
	c.Header["Authorization"] = "Bearer " + token.Access
}

// Control calls a route of the sandbox itself.
func (c *Client) Control(method, path, body string) Reply {
	c.Helper()
	return c.Call(method, path, body, map[string]string{"Authorization": "Bearer " + sandbox.ControlToken(c.secret),
		"Content-Type": "application/json"})
}
