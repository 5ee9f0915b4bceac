package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// client asks pages of others. It follows no redirect: what it carries names dossiers, and is for one address.
var client = &http.Client{Timeout: StepTimeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// Webhook is a page that takes messages as JSON, signed.
type Webhook struct {
	URL    func() (string, error)
	Secret func() (string, error)
	Now    func() time.Time
}

// hook is what a webhook is told. The fields are a contract: docs/alerts.md.
type hook struct {
	ID      string          `json:"id"`
	Threads []string        `json:"threads,omitempty"`
	Purpose string          `json:"purpose"`
	Subject string          `json:"subject"`
	Text    string          `json:"text"`
	Link    string          `json:"link,omitempty"`
	Made    time.Time       `json:"made_at"`
	Content json.RawMessage `json:"content"`
}

// Send implements Sender. Who receives it makes HMAC-SHA256 of the time, a point and the body with the secret, compares, and refuses
// times that are long past.
func (w *Webhook) Send(ctx context.Context, l *Letter) error {
	url, err := w.URL()
	if err != nil {
		return &SendError{Code: TroubleSecret}
	}
	secret, err := w.Secret()
	if err != nil {
		return &SendError{Code: TroubleSecret}
	}
	body, err := json.Marshal(hook{l.Name, l.Threads, string(l.Purpose), l.Subject, l.Text, l.Link, l.Made, l.Content})
	if err != nil {
		return &SendError{Code: TroubleRefused, Permanent: true}
	}
	at := strconv.FormatInt(w.Now().Unix(), 10)
	return post(ctx, url, body, http.Header{"Content-Type": {"application/json"}, "X-Syncd-Time": {at},
		"X-Syncd-Signature": {"sha256=" + Signature(secret, at, body)}})
}

// Signature is that of a message to a webhook, in hex.
func Signature(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Ntfy is a topic of a server of ntfy (https://ntfy.sh). Who knows its address reads along.
type Ntfy struct {
	URL   func() (string, error)
	Token func() (string, error) // nil = none
}

// Send implements Sender.
func (n *Ntfy) Send(ctx context.Context, l *Letter) error {
	url, err := n.URL()
	if err != nil {
		return &SendError{Code: TroubleSecret}
	}
	headers := http.Header{"Title": {mime.QEncoding.Encode("utf-8", l.Subject)}}
	if l.Link != "" {
		headers.Set("Click", l.Link)
	}
	if l.Urgent {
		headers.Set("Priority", "high")
	}
	if n.Token != nil {
		token, err := n.Token()
		if err != nil {
			return &SendError{Code: TroubleSecret}
		}
		headers.Set("Authorization", "Bearer "+token)
	}
	const most = 3900 // bytes: ntfy makes a file of more
	text := l.Text
	if len(text) > most {
		text = text[:strings.LastIndexByte(text[:most], '\n')+1] + "…"
	}
	return post(ctx, url, []byte(text), headers)
}

// post tells a page something. Any 2xx is success.
func post(ctx context.Context, url string, body []byte, headers http.Header) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return &SendError{Code: TroubleAddress, Permanent: true}
	}
	request.Header = headers
	request.Header.Set("User-Agent", "syncd")
	response, err := client.Do(request)
	if err != nil {
		return networkTrouble(ctx, errors.Unwrap(err)) // the error itself quotes the URL
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // what cannot be read of the answer is no trouble
	_ = response.Body.Close()
	return answered(response.StatusCode)
}

func answered(status int) error {
	switch {
	case status/100 == 2:
		return nil
	case status/100 == 3:
		return &SendError{Code: TroubleRedirect, Status: status, Permanent: true}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &SendError{Code: TroubleLogin, Status: status}
	case status == http.StatusNotFound, status == http.StatusGone:
		return &SendError{Code: TroubleAddress, Status: status, Permanent: true}
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return &SendError{Code: TroubleBusy, Status: status}
	}
	return &SendError{Code: TroubleRefused, Status: status, Permanent: true}
}
