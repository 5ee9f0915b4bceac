package plan

import (
	"bytes"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// merge walks staging and the baseline together, one matricule at a time, in bytewise order of key, rows without a key
// last. Its memory does not depend on how many there are.
type merge struct {
	employees head
	children  []head
	baseline  jobs.BaselineRows
	entry     *jobs.BaselineEntry // head of the baseline; nil at its end
	builder   *mapping.Builder
	watch     *watch // hears of all rows, too
	period    jobs.Period

	key     []byte // current key, owned
	null    bool   // the current group is the rows without a key
	current jobs.BaselineEntry
	earlier jobs.BaselineEntry
	later   jobs.BaselineEntry
}

// head is the first unread row of a stream.
type head struct {
	rows  jobs.Rows
	last  []byte // the previous key, to see that the order holds
	alive bool
}

func (h *head) advance() error {
	key := h.rows.Key()
	if h.alive && key != nil {
		h.last = append(h.last[:0], key...)
	}
	h.alive = h.rows.Next()
	if !h.alive {
		return h.rows.Err()
	}
	if key = h.rows.Key(); key != nil && h.last != nil && bytes.Compare(key, h.last) < 0 {
		return hinted.Because(nil, "staging.unordered")
	}
	return nil
}

// is reports whether the head belongs to the group of key.
func (h *head) is(key []byte, null bool) bool {
	if !h.alive {
		return false
	}
	k := h.rows.Key()
	return (k == nil) == null && bytes.Equal(k, key)
}

func newMerge(snapshot jobs.Snapshot, groups int, baseline jobs.BaselineRows, builder *mapping.Builder, watch *watch,
	period jobs.Period) (*merge, error) {
	m := &merge{baseline: baseline, builder: builder, watch: watch, period: period}
	m.employees.rows = snapshot.Employees()
	for group := range groups {
		m.children = append(m.children, head{rows: snapshot.Children(group)})
	}
	for _, h := range m.heads() {
		if err := h.advance(); err != nil {
			return nil, err
		}
	}
	return m, m.advanceBaseline()
}

func (m *merge) heads() []*head {
	heads := []*head{&m.employees}
	for i := range m.children {
		heads = append(heads, &m.children[i])
	}
	return heads
}

func (m *merge) advanceBaseline() error {
	m.entry = nil
	if m.baseline.Next() {
		m.entry = m.baseline.Entry()
		return nil
	}
	return m.baseline.Err()
}

// next gathers the next matricule into s and feeds its rows to the builder. ok = false: all streams are at their end.
func (m *merge) next(s *subject) (ok bool, err error) {
	if !m.smallest() {
		return false, nil
	}
	keyless := m.null || len(m.key) == 0
	*s = subject{keyless: keyless, badKey: !keyless && !mapping.KeyFits(m.key)}
	if err := m.readEmployees(s); err != nil {
		return false, err
	}
	for group := range m.children {
		if err := m.readChildren(group, s); err != nil {
			return false, err
		}
	}
	return true, m.readBaseline(s)
}

// smallest sets key and null to the smallest head.
func (m *merge) smallest() bool {
	var least []byte
	found, null := false, false
	consider := func(key []byte) {
		switch {
		case key == nil:
			null = true
		case !found || bytes.Compare(key, least) < 0:
			found, least = true, key
		}
	}
	if m.employees.alive {
		consider(m.employees.rows.Key())
	}
	for i := range m.children {
		if m.children[i].alive {
			consider(m.children[i].rows.Key())
		}
	}
	if m.entry != nil {
		consider(m.entry.Key)
	}
	m.null = !found
	m.key = append(m.key[:0], least...)
	return found || null
}

func (m *merge) readEmployees(s *subject) error {
	for m.employees.is(m.key, m.null) {
		if s.employees == 0 {
			m.builder.Reset(m.employees.rows.Values())
			m.watch.employee(m.key, m.employees.rows.Values())
		}
		s.employees++
		if err := m.employees.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (m *merge) readChildren(group int, s *subject) error {
	h := &m.children[group]
	for h.is(m.key, m.null) {
		if s.employees > 0 {
			m.builder.AddChild(group, h.rows.Values())
			m.watch.element(group, h.rows.Values())
		}
		s.elements++
		if err := h.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (m *merge) readBaseline(s *subject) error {
	for m.entry != nil && !m.null && bytes.Equal(m.entry.Key, m.key) {
		switch {
		case m.entry.Period == m.period:
			s.current = copyEntry(&m.current, m.entry)
		case m.entry.Period > m.period:
			if s.later == nil && m.entry.Version > 0 && !m.entry.Withdrawn {
				s.later = copyEntry(&m.later, m.entry)
			}
		case m.entry.Version == 0, m.entry.Withdrawn:
			s.overtaken = true
		default:
			s.earlier, s.overtaken = copyEntry(&m.earlier, m.entry), false
		}
		if err := m.advanceBaseline(); err != nil {
			return err
		}
	}
	return nil
}

// copyEntry keeps an entry beyond its stream's next step, in memory that is used again.
func copyEntry(to, from *jobs.BaselineEntry) *jobs.BaselineEntry {
	fingerprint := append(to.Fingerprint[:0], from.Fingerprint...)
	*to = *from
	to.Key, to.Fingerprint = nil, fingerprint
	return to
}
