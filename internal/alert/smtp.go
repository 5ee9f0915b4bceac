package alert

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"syncd/internal/ledger"
)

// Letter is a message in words, ready to be sent.
type Letter struct {
	ledger.Message
	Subject string
	Text    string
	Link    string // to the operators' page; "" = there is none
}

// Sender hands letters of one recipient on. What it returns is a *SendError.
type Sender interface {
	Send(ctx context.Context, l *Letter) error
}

// SendError is why a letter did not arrive where it is handed on. Its text names no address and quotes no answer.
type SendError struct {
	Code   string // has words in [alert.troubles]
	Status int    // of the answer; 0 = there was none
	// what is wrong is of this letter or its recipient: others may arrive, and this one will not soon
	Permanent bool
}

func (e *SendError) Error() string {
	if e.Status == 0 {
		return e.Code
	}
	return e.Code + " (" + strconv.Itoa(e.Status) + ")"
}

// The troubles that there are.
const (
	TroubleUnknownHost = "unknown-host"
	TroubleConnection  = "connection"
	TroubleTimeout     = "timeout"
	TroubleCertificate = "certificate"
	TroubleRoots       = "roots" // ours, of those who may sign theirs, cannot be read
	TroubleNoTLS       = "no-tls"
	TroubleLogin       = "login"   // the server refuses who we are
	TroubleSecret      = "secret"  // ours cannot be read, or the token is refused
	TroubleSender      = "sender"  // the server refuses the address that it is from
	TroubleAddress     = "address" // it refuses the recipient's: mail to it bounces
	TroubleRefused     = "refused" // it refuses the rest
	TroubleBusy        = "busy"    // for now
	TroubleRedirect    = "redirect"
	TroubleOver        = "over" // it was not sent: what it told was over
)

// Troubles are all of them.
var Troubles = []string{TroubleUnknownHost, TroubleConnection, TroubleTimeout, TroubleCertificate, TroubleRoots, TroubleNoTLS, TroubleLogin,
	TroubleSecret,
	TroubleSender, TroubleAddress, TroubleRefused, TroubleBusy, TroubleRedirect, TroubleOver}

const (
	sendTimeout = time.Minute // for all of a conversation
	// StepTimeout is how long a server may take for one step of it.
	StepTimeout = 20 * time.Second
)

// SMTP is a mail server.
type SMTP struct {
	Host     string
	Port     int
	TLS      string // "starttls", "tls" from the start, or "none": on this machine alone
	From     string // "syncd <paie@example.org>"
	Username string // "" = nobody logs in
	XOAUTH2  bool   // Secret is a token, not a password
	Secret   func(ctx context.Context) (string, error)
	CAFile   string        // PEM, of who signed its certificate beside the system's; "" = the system's alone
	Timeout  time.Duration // of one step of a conversation
}

// To is who sends mails to an address.
func (s *SMTP) To(address string) Sender { return &mailTo{s, address} }

type mailTo struct {
	*SMTP
	address string
}

// Send implements Sender. Once the server has taken the mail, what goes wrong is no trouble any more.
func (m *mailTo) Send(ctx context.Context, l *Letter) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	msg, err := m.compose(l)
	if err != nil {
		return &SendError{Code: TroubleAddress, Permanent: true}
	}
	client, err := m.client(ctx)
	if err != nil {
		return err
	}
	if err = client.DialAndSendWithContext(ctx, msg); err == nil || msg.IsDelivered() {
		return nil
	}
	return smtpTrouble(ctx, err)
}

// client talks to the server. Whatever it does ends with the context.
func (s *SMTP) client(ctx context.Context) (*mail.Client, error) {
	roots, ok := s.roots()
	if !ok {
		return nil, &SendError{Code: TroubleRoots}
	}
	config := &tls.Config{ServerName: s.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(s.Timeout), mail.WithTLSConfig(config), mail.WithoutNoop(),
		mail.WithoutRset(),
		mail.WithTLSPolicy(mail.NoTLS), mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(dialing, network, address, s.TLS == "tls", config)
			if err == nil {
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		})}
	if s.TLS == "starttls" {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.Username != "" {
		secret, err := s.Secret(ctx)
		if err != nil {
			return nil, &SendError{Code: TroubleSecret}
		}
		auth := mail.SMTPAuthPlain
		if s.XOAUTH2 {
			auth = mail.SMTPAuthXOAUTH2
		}
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(s.Username), mail.WithPassword(secret))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return nil, &SendError{Code: TroubleUnknownHost}
	}
	return client, nil
}

// roots are who may have signed the server's certificate; nil = the system's. They are read for each mail: few are sent, and whoever renews
// them need not tell.
func (s *SMTP) roots() (pool *x509.CertPool, ok bool) {
	if s.CAFile == "" {
		return nil, true
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, false
	}
	if pool, err = x509.SystemCertPool(); err != nil {
		pool = x509.NewCertPool()
	}
	return pool, pool.AppendCertsFromPEM(pem)
}

func dial(ctx context.Context, network, address string, encrypted bool, config *tls.Config) (net.Conn, error) {
	if encrypted {
		return (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// compose puts a letter into a mail. Whoever answers automatically does not answer this.
func (m *mailTo) compose(l *Letter) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(m.From), msg.To(m.address)); err != nil {
		return nil, err
	}
	domain := "syncd.invalid"
	if from := msg.GetFrom(); len(from) > 0 {
		_, of, _ := strings.Cut(from[0].Address, "@")
		domain = cmp.Or(of, domain)
	}
	msg.Subject(l.Subject)
	msg.SetDateWithValue(l.Made)
	msg.SetMessageIDWithValue(l.Name + "@" + domain)
	if len(l.Threads) > 0 {
		var refs []string
		for _, name := range l.Threads {
			refs = append(refs, "<"+name+"@"+domain+">")
		}
		msg.SetGenHeader(mail.HeaderInReplyTo, refs[len(refs)-1])
		msg.SetGenHeader(mail.HeaderReferences, strings.Join(refs, " "))
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	return msg, nil
}

// smtpTrouble is why a server did not take a mail.
func smtpTrouble(ctx context.Context, err error) *SendError {
	var answer *textproto.Error
	var sent *mail.SendError
	switch {
	case errors.As(err, &sent) && sent.ErrorCode() != 0:
		return refusedBy(sent)
	case errors.As(err, &answer) && answer.Code >= 500:
		return &SendError{Code: TroubleLogin, Status: answer.Code}
	case errors.As(err, &answer):
		return &SendError{Code: TroubleBusy, Status: answer.Code}
	case strings.Contains(err.Error(), "STARTTLS"):
		return &SendError{Code: TroubleNoTLS}
	case strings.Contains(err.Error(), "AUTH"):
		return &SendError{Code: TroubleLogin}
	}
	return networkTrouble(ctx, err)
}

func refusedBy(sent *mail.SendError) *SendError {
	e := &SendError{Code: TroubleBusy, Status: sent.ErrorCode(), Permanent: sent.ErrorCode() >= 500}
	switch {
	case !e.Permanent:
	case sent.Reason == mail.ErrSMTPRcptTo:
		e.Code = TroubleAddress
	case sent.Reason == mail.ErrSMTPMailFrom:
		e.Code, e.Permanent = TroubleSender, false
	default:
		e.Code = TroubleRefused
	}
	return e
}

// networkTrouble is why nobody answered.
func networkTrouble(ctx context.Context, err error) *SendError {
	var network net.Error
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate), errors.As(err, &record):
		return &SendError{Code: TroubleCertificate}
	case errors.As(err, &name):
		return &SendError{Code: TroubleUnknownHost}
	case ctx.Err() != nil, errors.As(err, &network) && network.Timeout():
		return &SendError{Code: TroubleTimeout}
	}
	return &SendError{Code: TroubleConnection}
}
