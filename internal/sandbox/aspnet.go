package sandbox

import (
	"encoding/json"
	"net/http"
)

// problem is the body of an ASP.NET Web API 2 error.
type problem struct {
	Message          string              `json:"Message"`
	MessageDetail    string              `json:"MessageDetail,omitempty"`
	ModelState       map[string][]string `json:"ModelState,omitempty"`
	ExceptionMessage string              `json:"ExceptionMessage,omitempty"`
	ExceptionType    string              `json:"ExceptionType,omitempty"`
	StackTrace       string              `json:"StackTrace,omitempty"`
}

func (p problem) answer(status int) *answer {
	return &answer{status: status, body: mustJSON(p)}
}

func message(status int, text string) *answer { return problem{Message: text}.answer(status) }

// mustJSON renders values that this package made of strings, numbers and booleans: they always render.
func mustJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("sandbox: rendering JSON: " + err.Error())
	}
	return body
}

// allow answers nil when the request's method is the one wanted.
func allow(r *http.Request, method string) *answer {
	if r.Method == method {
		return nil
	}
	a := message(http.StatusMethodNotAllowed, "The requested resource does not support http method '"+r.Method+"'.")
	a.header = map[string]string{"Allow": method}
	return a
}

// serveNotFound quotes the URL, as ASP.NET does: a key in it must not reach the logs of the client.
func (s *Sandbox) serveNotFound(w http.ResponseWriter, r *http.Request) {
	uri := "http://" + r.Host + r.URL.RequestURI()
	s.write(w, problem{
		Message:       "No HTTP resource was found that matches the request URI '" + uri + "'.",
		MessageDetail: "No type was found that matches the controller named in the URI.",
	}.answer(http.StatusNotFound))
}
