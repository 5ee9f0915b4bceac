package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// AlertTurn lets decide be asked by one process in a while (apart) what alerts there are and what is told of them, and records what
// it decides, all of it or nothing. ok = false: another process has decided lately, or is at it.
func (s *Store) AlertTurn(ctx context.Context, now time.Time, apart time.Duration, of ledger.AlertsOf,
	decide func(*ledger.AlertState) (ledger.AlertChanges, error)) (ok bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		taken, err := q.TakeAlertTurn(ctx, dbsqlc.TakeAlertTurnParams{Now: now, ApartSeconds: apart.Seconds()})
		if isNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		state, err := alertState(ctx, q, now, of.Pairs)
		if err != nil {
			return err
		}
		if len(of.Targets)*len(of.Periods) > 0 {
			if state.Months, err = s.months(ctx, q, of.Targets, of.Periods); err != nil {
				return err
			}
		}
		state.Now, state.Armed = taken.Now, *taken.ArmedAt
		changes, err := decide(state)
		if err != nil {
			return err
		}
		ok = true
		return changeAlerts(ctx, q, now, changes)
	})
	return ok && err == nil, redactUnlessOurs("deciding what is to be told", err)
}

// gapSettled is how long after a daemon came back it has dealt with the fires that were due in between.
const gapSettled = 2 * time.Minute

func alertState(ctx context.Context, q *dbsqlc.Queries, now time.Time, pairs []ledger.Pair) (*ledger.AlertState, error) {
	names, targets := columns(pairs)
	row, err := q.AlertState(ctx, dbsqlc.AlertStateParams{Now: now, Jobs: names, Targets: targets,
		SettledSeconds: gapSettled.Seconds()})
	if err != nil {
		return nil, err
	}
	state := &ledger.AlertState{PurgeHeld: row.PurgeHeld, Doubtful: row.ClockDoubtful}
	var alerts []alertRow
	err = errors.Join(json.Unmarshal(row.Standings, &state.Standings), json.Unmarshal(row.Pauses, &state.Pauses),
		json.Unmarshal(row.Daemons, &state.Daemons), json.Unmarshal(row.Contracts, &state.Contracts),
		json.Unmarshal(row.Events, &state.Events), json.Unmarshal(row.Gaps, &state.Gaps), json.Unmarshal(row.Alerts, &alerts),
		json.Unmarshal(row.Silences, &state.Silences), json.Unmarshal(row.Outboxes, &state.Outboxes))
	for i := range alerts {
		state.Alerts = append(state.Alerts, alerts[i].alert())
	}
	return state, err
}

// alertRow is an alert as it is stored: what changes of the condition has columns.
type alertRow struct {
	ID        int64
	Condition ledger.Condition
	Stage     int
	Since     time.Time
	Staged    time.Time  `json:"staged_at"`
	Resolved  *time.Time `json:"resolved_at"`
	Told      []ledger.Told
}

func (r *alertRow) alert() ledger.Alert {
	a := ledger.Alert{ID: r.ID, Condition: r.Condition, Staged: r.Staged, Resolved: r.Resolved, Told: r.Told}
	a.Stage, a.Since = r.Stage, r.Since
	return a
}

func changeAlerts(ctx context.Context, q *dbsqlc.Queries, now time.Time, changes ledger.AlertChanges) error {
	ids := map[string]int64{}
	for i := range changes.Conditions {
		c := &changes.Conditions[i]
		id, err := openAlert(ctx, q, now, c)
		if err != nil {
			return err
		}
		ids[c.Subject()] = id
	}
	if len(changes.Over) > 0 {
		if err := q.ResolveAlerts(ctx, dbsqlc.ResolveAlertsParams{Now: now, Ids: changes.Over}); err != nil {
			return err
		}
	}
	if len(changes.Needless) > 0 {
		if err := q.GiveUpMessage(ctx, changes.Needless); err != nil {
			return err
		}
	}
	if len(changes.Events)+len(changes.Gaps) > 0 {
		if err := q.TellEvents(ctx, dbsqlc.TellEventsParams{Now: now, Events: changes.Events, Gaps: changes.Gaps}); err != nil {
			return err
		}
	}
	for i := range changes.Messages {
		if err := insertMessage(ctx, q, &changes.Messages[i], ids); err != nil {
			return err
		}
	}
	return nil
}

func openAlert(ctx context.Context, q *dbsqlc.Queries, now time.Time, c *ledger.Condition) (int64, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	if _, err := q.ReviveAlert(ctx, c.Subject()); err != nil {
		return 0, err
	}
	//nolint:gosec // a few
	return q.OpenAlert(ctx, dbsqlc.OpenAlertParams{Subject: c.Subject(), Condition: text, Stage: int32(c.Stage), Since: c.Since, Now: now})
}

func insertMessage(ctx context.Context, q *dbsqlc.Queries, m *ledger.NewMessage, ids map[string]int64) error {
	if !m.Unsaid {
		if err := q.InsertMessage(ctx,
			dbsqlc.InsertMessageParams{Recipient: m.Recipient, Purpose: string(m.Purpose), Urgent: m.Urgent, Name: m.Name,
				Threads: append([]string{}, m.Threads...), Content: m.Content, MadeAt: m.Made}); err != nil {
			return err
		}
	}
	for i := range m.Tells {
		c := &m.Tells[i]
		if err := q.TellAlert(ctx, dbsqlc.TellAlertParams{AlertID: cmp.Or(c.Alert, ids[c.Subject()]), Recipient: m.Recipient,
			Stage:  int32(c.Stage), //nolint:gosec // a few
			Thread: m.Name, ToldAt: m.Made, Recovered: c.Recovered}); err != nil {
			return err
		}
	}
	if len(m.Recovers) == 0 {
		return nil
	}
	return q.TellRecovered(ctx, dbsqlc.TellRecoveredParams{Ids: m.Recovers, Recipient: m.Recipient})
}

// messageLease is how long a process may take to send a message before it is taken for dead: longer than a whole conversation
// with a server.
const messageLease = 5 * time.Minute

// TakeMessage takes the oldest message of one of these recipients that is to be sent now, which nobody else does meanwhile. nil =
// there is none.
func (s *Store) TakeMessage(ctx context.Context, now time.Time, recipients []string) (*ledger.Message, error) {
	row, err := s.queries.TakeMessage(ctx, dbsqlc.TakeMessageParams{Now: now, LeaseSeconds: messageLease.Seconds(), Recipients: recipients})
	if isNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, redact("reading what is to be told", err)
	}
	m := toMessage(row)
	return &m, nil
}

func toMessage(r dbsqlc.SyncdAlertMessage) ledger.Message {
	return ledger.Message{ID: r.ID, Recipient: r.Recipient, Purpose: ledger.MessagePurpose(r.Purpose), Urgent: r.Urgent, Name: r.Name,
		Threads: r.Threads, Content: r.Content, Made: r.MadeAt, State: ledger.MessageState(r.State), Attempts: int(r.Attempts),
		NotBefore: r.NotBefore, Sent: r.SentAt, Trouble: r.Trouble}
}

// MessageSent notes that a message arrived where it is handed on.
func (s *Store) MessageSent(ctx context.Context, id int64, now time.Time) error {
	return redact("noting what was told", s.queries.MessageSent(ctx, dbsqlc.MessageSentParams{ID: id, Now: now}))
}

// MessageFailed notes that a message that was taken did not arrive: why, and when it is tried again.
func (s *Store) MessageFailed(ctx context.Context, m *ledger.Message, trouble string, again time.Time, state ledger.MessageState) error {
	//nolint:gosec // a few
	return redact("noting what was told", s.queries.MessageFailed(ctx, dbsqlc.MessageFailedParams{ID: m.ID, Attempts: int32(m.Attempts),
		Trouble: trouble, NotBefore: again, State: string(state)}))
}

// HastenMessages lets what waits for another attempt go now: what kept it may have been corrected.
func (s *Store) HastenMessages(ctx context.Context, now time.Time) error {
	return redact("noting what is to be told", s.queries.HastenMessages(ctx, now))
}

const (
	// messagesLast is how long somebody tries to deliver a message; reminders tell what is still so.
	messagesLast = 7 * 24 * time.Hour
	alertsLast   = 400 * 24 * time.Hour
)

// ForgetAlerts gives up messages that nobody could deliver for a week, and deletes what was told long ago.
func (s *Store) ForgetAlerts(ctx context.Context, now time.Time) error {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		return errors.Join(q.GiveUpMessages(ctx, now.Add(-messagesLast)), q.ForgetMessages(ctx, now.Add(-alertsLast)),
			q.ForgetAlerts(ctx, now.Add(-alertsLast)), q.ForgetAccountEvents(ctx, now.Add(-alertsLast)),
			q.ForgetGaps(ctx, now.Add(-alertsLast)))
	})
	return redact("removing old alerts", err)
}

// Alerts lists those that last, the oldest first.
func (s *Store) Alerts(ctx context.Context) ([]ledger.Alert, error) {
	rows, err := s.queries.ListAlerts(ctx)
	if err != nil {
		return nil, redact("reading alerts", err)
	}
	all := make([]ledger.Alert, 0, len(rows))
	for _, r := range rows {
		row := alertRow{ID: r.ID, Stage: int(r.Stage), Since: r.Since, Staged: r.StagedAt, Resolved: r.ResolvedAt}
		if err := errors.Join(json.Unmarshal(r.Condition, &row.Condition), json.Unmarshal(r.Told, &row.Told)); err != nil {
			return nil, err
		}
		all = append(all, row.alert())
	}
	return all, nil
}

// Messages lists what was told: first what is still to be sent, then the newest.
func (s *Store) Messages(ctx context.Context, most int) ([]ledger.Message, error) {
	rows, err := s.queries.ListMessages(ctx, int32(most)) //nolint:gosec // a few
	if err != nil {
		return nil, redact("reading what was told", err)
	}
	all := make([]ledger.Message, 0, len(rows))
	for _, r := range rows {
		all = append(all, toMessage(r))
	}
	return all, nil
}

// Silences lists those that last.
func (s *Store) Silences(ctx context.Context) ([]ledger.Silence, error) {
	rows, err := s.queries.ListSilences(ctx)
	if err != nil {
		return nil, redact("reading silences", err)
	}
	all := make([]ledger.Silence, 0, len(rows))
	for _, r := range rows {
		all = append(all, ledger.Silence{ID: r.ID, Kind: ledger.ConditionKind(r.Kind), Job: r.Job, Dossier: r.Dossier, Since: r.Since,
			Until: r.Until, By: r.By, Reason: r.Reason})
	}
	return all, nil
}

// Silence keeps alerts from being told until a time, and returns the number of the silence.
func (s *Store) Silence(ctx context.Context, o ledger.Silence) (id int64, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		if id, err = q.InsertSilence(ctx, dbsqlc.InsertSilenceParams{Kind: string(o.Kind), Job: o.Job, Dossier: o.Dossier, Until: o.Until,
			By: o.By, Reason: o.Reason}); err != nil {
			return err
		}
		return s.audit(ctx, q, 0, ledger.AuditEntry{Actor: o.By, Decision: ledger.DecisionSilence, Job: o.Job, Reason: o.Reason,
			Facts: ledger.AuditFacts{What: new(o.Fact())}})
	})
	return id, redactUnlessOurs("silencing alerts", err)
}

// Unsilence ends a silence. ok = false: there is none of that number that lasts.
func (s *Store) Unsilence(ctx context.Context, id int64, by string) (ok bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		row, err := q.EndSilence(ctx, id)
		if isNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		ended := ledger.Silence{Kind: ledger.ConditionKind(row.Kind), Job: row.Job, Dossier: row.Dossier}
		return s.audit(ctx, q, 0, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionUnsilence, Job: row.Job,
			Facts: ledger.AuditFacts{What: new(ended.Fact())}})
	})
	return ok && err == nil, redact("ending a silence", err)
}

// Outboxes tells how what each recipient is to be told fares.
func (s *Store) Outboxes(ctx context.Context) (all []ledger.Outbox, err error) {
	rows, err := s.queries.OutboxByRecipient(ctx)
	if err != nil {
		return nil, redact("reading what is to be told", err)
	}
	return all, json.Unmarshal(rows, &all)
}

// QueueTest makes a test message, which a daemon sends. ok = false: one to this recipient is on its way, or was made just now.
func (s *Store) QueueTest(ctx context.Context, recipient string, now time.Time) (ok bool, err error) {
	n, err := s.queries.QueueTest(ctx, dbsqlc.QueueTestParams{Recipient: recipient, Now: now})
	return n > 0, redact("noting what is to be told", err)
}

// Tests lists the newest test messages.
func (s *Store) Tests(ctx context.Context, most int) ([]ledger.Message, error) {
	rows, err := s.queries.ListTests(ctx, int32(most)) //nolint:gosec // a few
	all := make([]ledger.Message, 0, len(rows))
	for _, r := range rows {
		all = append(all, toMessage(r))
	}
	return all, redact("reading what was told", err)
}

// UndeliveredMessages tells the troubles of what was tried and is still to be sent, by recipient. It asks little: each page does.
func (s *Store) UndeliveredMessages(ctx context.Context) (all []ledger.Outbox, err error) {
	rows, err := s.queries.UndeliveredMessages(ctx)
	for _, r := range rows {
		all = append(all, ledger.Outbox{Recipient: r.Recipient, Trouble: r.Trouble})
	}
	return all, redact("reading what is to be told", err)
}

// Gaps lists the last times in which no daemon lived, the newest first.
func (s *Store) Gaps(ctx context.Context, most int) (all []ledger.DaemonGap, err error) {
	rows, err := s.queries.Gaps(ctx, int32(most)) //nolint:gosec // a few
	for _, r := range rows {
		all = append(all, ledger.DaemonGap{ID: r.ID, Since: r.Since, Until: r.Until})
	}
	return all, redact("reading daemons", err)
}

// AccountEvents lists what happened to accounts last.
func (s *Store) AccountEvents(ctx context.Context, most int) (all []ledger.AccountEvent, err error) {
	rows, err := s.queries.AccountEvents(ctx, int32(most)) //nolint:gosec // a few
	for _, r := range rows {
		all = append(all, ledger.AccountEvent{ID: r.ID, Account: r.Account, Kind: r.Kind, At: r.At, Address: r.Address})
	}
	return all, redact("asking about accounts", err)
}
