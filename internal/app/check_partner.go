package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/store"
)

// What a check finds of partners whose records are read.
const (
	InboxReady      Code = "inbox-ready"
	NoReaders       Code = "no-readers"       // the group inbox_reader is missing, or may not read
	PartnerReads    Code = "partner-reads"    // names: the collections that answered
	CustomerOpens   Code = "customer-opens"   // value: for whom the partner answers
	SecretKnownBad  Code = "secret-known-bad" // since
	WebhookActive   Code = "webhook-active"   // n
	WebhookUntold   Code = "webhook-untold"   // the partner does not tell
	ReadOnly        Code = "read-only"        // nothing is acknowledged
	OtherOwner      Code = "other-owner"      // name: the collection, n
	PasswordOld     Code = "password-old"     // n, limit, value: the field of the section
	PasswordTooOld  Code = "password-too-old" // likewise
	PasswordUndated Code = "password-undated" // value: the field
	NobodyRead      Code = "nobody-read"      // no dossier has a section of the partner
	NotRead         Code = "not-read"         // no job reads it
)

// partners looks at those whose records are read: that the inbox is there, and for each dossier that the partner lets it in,
// answers for the right one, and shows its lists. Nothing is acknowledged.
func (c *checker) partners(ctx context.Context) {
	some := false
	for i := range c.Config.Partners {
		if p := &c.Config.Partners[i]; p.Pull != nil {
			if !some {
				c.inbox(ctx)
			}
			some = true
			c.partner(ctx, p)
		}
	}
}

// inbox looks at the schema that records are kept in, and who may read it.
func (c *checker) inbox(ctx context.Context) {
	const subject = "inbox"
	if c.ledger == nil {
		return
	}
	ready, err := c.ledger.Inbox().Ready(ctx)
	switch {
	case err != nil:
		c.fail(subject, err)
		return
	case !ready:
		c.fail(subject, jobs.ErrNoInbox)
		return
	}
	c.find(OK, subject, InboxReady, nil)
	readers, err := c.ledger.Inbox().HasReaders(ctx)
	switch {
	case err != nil:
		c.fail(subject, err)
	case !readers:
		c.find(Note, subject, NoReaders, nil)
	}
}

// partner looks at one, dossier by dossier.
func (c *checker) partner(ctx context.Context, p *config.Partner) {
	if !slices.ContainsFunc(c.Config.Jobs, func(j config.Job) bool { return j.Partner == p.Name }) {
		c.find(Warning, p.Name, NotRead, nil)
	}
	var client *client
	if !c.of.Offline {
		var err error
		if client, err = c.dial(p, dialing{retryFor: answerWithin}); err != nil {
			c.fail(p.Name, err)
			return
		}
		defer client.close()
	}
	sections := 0
	for _, d := range c.Config.AllDossiers {
		if _, has := d.Sections[p.Name]; !has {
			continue
		}
		sections++
		if len(c.of.Dossiers) == 0 || slices.Contains(c.of.Dossiers, d.Name) {
			one := &partnerChecker{c, p, d}
			one.password(time.Now())
			if client != nil {
				one.ask(ctx, client)
			}
		}
	}
	if sections == 0 {
		c.find(Warning, p.Name, NobodyRead, nil)
	}
}

// partnerChecker looks at one dossier of a partner.
type partnerChecker struct {
	*checker
	p *config.Partner
	d config.Dossier
}

func (c *partnerChecker) find(level Level, code Code, args Args) {
	c.tell(Finding{Level: level, Subject: c.p.Name, Dossier: c.d.Name, Code: code, Args: args})
}

func (c *partnerChecker) fail(err error) {
	c.tell(Finding{Level: Failure, Subject: c.p.Name, Dossier: c.d.Name, Err: err})
}

// password tells that one must be changed.
func (c *partnerChecker) password(now time.Time) {
	age := c.p.Pull.Password
	if age == nil {
		return
	}
	set := c.p.PasswordSet(&c.d)
	days := int(now.Sub(set).Hours() / 24)
	args := Args{"n": days, "limit": age.Days, "value": age.Field}
	switch {
	case set.IsZero():
		c.find(Note, PasswordUndated, args)
	case days >= age.Days:
		c.find(Failure, PasswordTooOld, args)
	case days >= age.Warn:
		c.find(Warning, PasswordOld, args)
	}
}

// ask asks the partner, unless it refused the very secret within a day: to try often locks accounts.
func (c *partnerChecker) ask(ctx context.Context, client *client) {
	if c.ledger == nil {
		return // told before; the partner's tokens, and what it refused, are there
	}
	feed, err := c.feed(client, c.p, c.d, func() *store.Store { return c.ledger })
	if err != nil {
		c.fail(err)
		return
	}
	target, known, err := c.ledger.Target(ctx, c.Target(c.p, c.d))
	if err != nil {
		c.fail(err)
		return
	}
	secret, credentials := feed.Secret(), c.ledger.Credentials()
	if known && secret != nil && !c.of.Again {
		since, err := credentials.Refused(ctx, target.ID, secret)
		if err != nil {
			c.fail(err)
			return
		}
		if !since.IsZero() {
			c.find(Failure, SecretKnownBad, Args{"since": since.In(c.Config.Zone())})
			return
		}
	}
	if known && secret == nil && c.of.Again { // a grant asks its store, and asks the partner no more than that lets it
		if err := credentials.Forgive(ctx, target.ID); err != nil {
			c.fail(err)
			return
		}
	}
	err = c.answers(ctx, feed, target)
	switch {
	case secret == nil:
	case err == nil && known && c.of.Again:
		err = credentials.Forgive(ctx, target.ID)
	case jobs.RefusesSecret(err):
		err = errors.Join(err, c.refused(ctx, secret))
	}
	if err != nil {
		c.fail(err)
	}
}

// refused remembers what a partner refused, for the runs of a day.
func (c *partnerChecker) refused(ctx context.Context, secret []byte) error {
	target, err := c.ledger.EnsureTarget(ctx, c.Target(c.p, c.d))
	if err != nil {
		return err
	}
	return c.ledger.Credentials().NoteRefused(ctx, target.ID, secret)
}

// answers tells for whom the partner answers, and asks for the first page of each list.
func (c *partnerChecker) answers(ctx context.Context, feed jobs.Feed, target jobs.Target) error {
	answered, err := feed.Identity(ctx)
	want := c.d.Sections[c.p.Name].Customer
	switch {
	case err != nil:
		return err
	case answered != "" && want != "" && answered != want:
		return &jobs.IdentityError{Dossier: c.d.Name, Want: want, Answered: answered}
	case answered != "" && target.Identity != "" && target.Identity != c.d.Siret && target.Identity != answered:
		return &jobs.IdentityError{Dossier: c.d.Name, Want: target.Identity, Answered: answered}
	case answered != "":
		c.find(OK, CustomerOpens, Args{"value": answered})
	}
	var names []string
	for i := range c.p.Pull.Collections {
		of := &c.p.Pull.Collections[i]
		if err := c.firstPage(ctx, feed, of); err != nil {
			return err
		}
		names = append(names, of.Name)
	}
	c.find(OK, PartnerReads, Args{"names": names})
	return c.webhooks(ctx, feed)
}

// firstPage asks for what changed within the last day, where a list can be limited.
func (c *partnerChecker) firstPage(ctx context.Context, feed jobs.Feed, of *jobs.Collection) error {
	ask := jobs.Ask{Collection: of.Name}
	if w := &of.Windows[0]; w.Span > 0 || w.Since {
		ask.To = time.Now()
		ask.From = ask.To.AddDate(0, 0, -1)
	}
	page, err := feed.Page(ctx, ask)
	if err != nil {
		return err
	}
	foreign := 0
	for i := range page.Records {
		if page.Records[i].Foreign {
			foreign++
		}
	}
	if foreign > 0 {
		c.find(Note, OtherOwner, Args{"name": of.Name, "n": foreign})
	}
	return nil
}

// webhooks tells of those that take away what the lists of what is new would show.
func (c *partnerChecker) webhooks(ctx context.Context, feed jobs.Feed) error {
	if !slices.ContainsFunc(c.p.Pull.Collections, func(of jobs.Collection) bool { return of.Acks }) {
		return nil
	}
	if !c.p.Pull.Acknowledge {
		c.find(Note, ReadOnly, nil)
	}
	active, known, err := feed.Webhooks(ctx)
	switch {
	case err != nil:
		return err
	case !known:
		c.find(Note, WebhookUntold, nil)
	case active > 0:
		c.find(Warning, WebhookActive, Args{"n": active})
	}
	return nil
}
