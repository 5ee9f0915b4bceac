// Package alerttest has a mail server and a page for tests of what is told: on this machine alone, and as unfriendly as asked.
package alerttest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is a mail that the server took.
type Mail struct {
	From, To string // of the envelope
	Header   mail.Header
	Subject  string // decoded
	Text     string // decoded
	Raw      string
}

// MailServer takes mails by SMTP, with TLS and login. Its members may be changed while it serves.
type MailServer struct {
	Port   int
	PEM    []byte // of its certificate, which it signed itself
	CAFile string // that has it

	listener net.Listener
	config   *tls.Config

	mu      sync.Mutex
	mails   []Mail
	logins  []string          // "PLAIN user password", "XOAUTH2 user=… auth=Bearer …"
	answers map[string]string // instead of the usual ones, by the beginning of what was said: "RCPT TO:<x@y>" → "550 no"
	hangs   bool              // it takes connections, and says nothing
	plain   bool              // it offers no TLS
	talks   sync.WaitGroup
	open    map[net.Conn]bool
}

// NewMailServer starts one on loopback; name is what its certificate is for.
func NewMailServer(t testing.TB, name string) *MailServer {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &MailServer{listener: listener, Port: listener.Addr().(*net.TCPAddr).Port, answers: map[string]string{}, open: map[net.Conn]bool{}}
	s.config, s.PEM = certificate(t, name)
	s.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.CAFile, s.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	s.talks.Go(s.serve)
	t.Cleanup(s.Close)
	return s
}

// Close ends it, and all conversations.
func (s *MailServer) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.talks.Wait()
}

// Mails are those that it took so far.
func (s *MailServer) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Logins are those that were tried.
func (s *MailServer) Logins() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.logins...)
}

// Answer makes the server answer something else to what begins so; "" = as usual again.
func (s *MailServer) Answer(said, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.answers, said); answer != "" {
		s.answers[said] = answer
	}
}

// Hang makes it take connections, and say nothing, or end that.
func (s *MailServer) Hang(hangs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangs = hangs
}

// OfferNoTLS makes it speak in the clear alone.
func (s *MailServer) OfferNoTLS() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plain = true
}

func (s *MailServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[conn] = true
		hangs, plain := s.hangs, s.plain
		s.mu.Unlock()
		s.talks.Go(func() {
			defer func() {
				_ = conn.Close()
				s.mu.Lock()
				delete(s.open, conn)
				s.mu.Unlock()
			}()
			if hangs {
				_, _ = io.Copy(io.Discard, conn)
				return
			}
			(&talk{MailServer: s, conn: conn, plain: plain}).hold()
		})
	}
}

// talk is one conversation.
type talk struct {
	*MailServer
	conn      net.Conn
	reader    *bufio.Reader
	plain     bool
	encrypted bool
	from, to  string
}

func (t *talk) say(line string) { _, _ = fmt.Fprintf(t.conn, "%s\r\n", line) }

func (t *talk) hold() {
	t.reader = bufio.NewReader(t.conn)
	t.say("220 mail.example.test ESMTP")
	for {
		line, err := t.reader.ReadString('\n')
		if err != nil {
			return
		}
		if !t.answer(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

func (t *talk) special(line string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for said, answer := range t.answers {
		if strings.HasPrefix(strings.ToUpper(line), strings.ToUpper(said)) {
			return answer
		}
	}
	return ""
}

// answer reports whether the conversation goes on.
func (t *talk) answer(line string) bool {
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	if special := t.special(line); special != "" {
		t.say(special)
		return true
	}
	switch verb {
	case "EHLO", "HELO":
		t.say("250-mail.example.test")
		if !t.plain && !t.encrypted {
			t.say("250-STARTTLS")
		}
		t.say("250-8BITMIME")
		t.say("250 AUTH PLAIN XOAUTH2")
	case "STARTTLS":
		t.say("220 go on")
		secure := tls.Server(t.conn, t.config)
		if secure.HandshakeContext(context.Background()) != nil {
			return false
		}
		t.conn, t.reader, t.encrypted = secure, bufio.NewReader(secure), true
	case "AUTH":
		t.login(line)
	case "MAIL":
		t.from = address(line)
		t.say("250 ok")
	case "RCPT":
		t.to = address(line)
		t.say("250 ok")
	case "DATA":
		t.say("354 go on")
		if !t.data() {
			return false
		}
	case "QUIT":
		t.say("221 bye")
		return false
	default:
		t.say("250 ok")
	}
	return true
}

func (t *talk) login(line string) {
	parts := strings.Fields(line)
	said, _ := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	text := strings.NewReplacer("\x00", " ", "\x01", " ").Replace(string(said))
	t.mu.Lock()
	t.logins = append(t.logins, strings.Join(append([]string{parts[1]}, strings.Fields(text)...), " "))
	t.mu.Unlock()
	t.say("235 welcome")
}

func (t *talk) data() bool {
	raw, err := io.ReadAll(textproto.NewReader(t.reader).DotReader())
	if err != nil {
		return false
	}
	m := Mail{From: t.from, To: t.to, Raw: string(raw)}
	if read, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		m.Header = read.Header
		m.Subject, _ = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		m.Text = text(read)
	}
	if special := t.special("."); special != "" {
		t.say(special)
		return true
	}
	t.mu.Lock()
	t.mails = append(t.mails, m)
	t.mu.Unlock()
	t.say("250 taken")
	return true
}

// certificate is one that signs itself.
func certificate(t testing.TB, name string) (*tls.Config, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.ParseIP(name)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true}
	if template.IPAddresses[0] == nil {
		template.IPAddresses = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
