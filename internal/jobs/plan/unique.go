package plan

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// uniqueValues remembers, of all employees of staging, hashes of the values that two matricules must not share: some 30
// bytes an employee.
type uniqueValues struct {
	fields  []uniqueField
	seed    maphash.Seed
	names   chunks[byte]   // matricules, each after its length
	hashes  chunks[uint64] // of the values in staging,
	owners  chunks[uint32] // and where in names the matricule of each is
	own     []uint64       // hashes of the employee at hand, one a field; 0 = none
	fresh   []freshValue
	scratch []byte
	traced  func(context.Context, []jobs.Trace) ([][]string, error) // looks for fresh values among what was removed; nil = nothing was
}

// freshValue is one that the API does not have for this employee yet.
type freshValue struct {
	hash  uint64
	seq   int
	key   string
	field string
	text  []byte // in its normal form; nil unless traced
}

// uniqueField is a member of the document that is watched.
type uniqueField struct {
	path    string
	column  int
	kind    privacy.Kind
	byValue bool // only values that are an IBAN or a NIR count
}

func newUniqueValues(guards *jobs.Guards, spec *mapping.Spec, mapped *mapping.Mapping) *uniqueValues {
	u := &uniqueValues{seed: maphash.MakeSeed()}
	watch := func(path string, byValue bool) {
		if column, ok := mapped.Column(path); ok {
			u.fields = append(u.fields, uniqueField{path, column, kindAt(spec, path), byValue})
		}
	}
	for _, path := range guards.UniqueFields {
		watch(path, false)
	}
	if recognises(guards, guards.UniqueFields) {
		for _, path := range mapped.Unnamed() {
			if !slices.Contains(guards.UniqueFields, path) {
				watch(path, true)
			}
		}
	}
	u.own = make([]uint64, len(u.fields))
	return u
}

// hash is of a value however it is spelled: "fr76 3000 …" is "FR763000…". 0 = there is none.
func (u *uniqueValues) hash(field int, text []byte) uint64 {
	f := &u.fields[field]
	if f.byValue && privacy.Identify(text) == privacy.KindNone {
		return 0
	}
	u.scratch = privacy.AppendNormal(append(u.scratch[:0], byte(field)), f.kind, text)
	if len(u.scratch) == 1 {
		return 0
	}
	return maphash.Bytes(u.seed, u.scratch) | 1
}

// add hears of an employee's row.
func (u *uniqueValues) add(key []byte, row [][]byte) {
	var name uint32
	named := false
	for i := range u.fields {
		u.own[i] = u.hash(i, row[u.fields[i].column])
		if u.own[i] == 0 {
			continue
		}
		if !named {
			name, named = u.addName(key), true
		}
		u.see(u.own[i], name)
	}
}

func (u *uniqueValues) see(hash uint64, name uint32) {
	u.hashes.add(hash)
	u.owners.add(name)
}

// addName tells where a matricule, of at most mapping.MaxKey bytes, was put: the number of the part, and the place in it.
func (u *uniqueValues) addName(key []byte) uint32 {
	part := u.names.room(len(key) + binary.MaxVarintLen64)
	at := (len(u.names.parts)-1)*chunkSize + len(*part)
	*part = append(binary.AppendUvarint(*part, uint64(len(key))), key...)
	return uint32(at) //nolint:gosec // matricules of 4 GB in all do not occur
}

func (u *uniqueValues) name(at uint32) string {
	text := u.names.parts[at/chunkSize][at%chunkSize:]
	length, n := binary.Uvarint(text)
	return string(text[n:][:length])
}

// compare hears of an item to send, of the hashes of its values, and of the document that it takes the place of, if any.
func (u *uniqueValues) compare(item *jobs.PlannedItem, own []uint64, old []byte) {
	for i := range u.fields {
		hash, field := own[i], u.fields[i].path
		was := hash
		if old == nil {
			was = 0
		} else if slices.ContainsFunc(item.Diff, func(c diff.Change) bool { return c.Path == field }) {
			was = u.hashOf(i, old)
		}
		if was == hash {
			continue
		}
		if hash != 0 {
			u.fresh = append(u.fresh, freshValue{hash, item.Seq, item.Key, field, u.textOf(i, item.Document)})
		}
		if was != 0 { // the partner has it still
			u.see(was, u.addName([]byte(item.Key)))
		}
	}
}

// textOf is what a fresh value is looked for by among what was removed.
func (u *uniqueValues) textOf(field int, document []byte) []byte {
	if u.traced == nil {
		return nil
	}
	text, _ := canonjson.Text(document, u.fields[field].path)
	return privacy.AppendNormal(nil, u.fields[field].kind, []byte(text))
}

// hashOf is the hash of a document's value; 0 = it has none.
func (u *uniqueValues) hashOf(field int, document []byte) uint64 {
	text, ok := canonjson.Text(document, u.fields[field].path)
	if !ok {
		return 0
	}
	return u.hash(field, []byte(text))
}

// owners are who has a value.
type owners struct {
	keys []string // at most one more than a finding names
	n    int
}

func (o *owners) add(key string) {
	if slices.Contains(o.keys, key) {
		return
	}
	if o.n++; len(o.keys) <= jobs.FindingKeys {
		o.keys = append(o.keys, key)
	}
}

// shared finds fresh values that somebody else has, too: in staging, or by what was last acknowledged for those whom
// staging does not have.
func (u *uniqueValues) shared(ctx context.Context, absent []jobs.DocumentRef,
	documents func(context.Context, []jobs.DocumentRef) ([]jobs.Acknowledged, error)) ([]jobs.Hold, error) {
	if len(u.fresh) == 0 {
		return nil, nil
	}
	of := make(map[uint64]*owners, len(u.fresh))
	asked := map[string]bool{} // the fields in which a value is new: a staff's documents hold many others
	for _, f := range u.fresh {
		of[f.hash], asked[f.field] = &owners{}, true
	}
	for i, hashes := range u.hashes.parts {
		for j, hash := range hashes {
			if o := of[hash]; o != nil {
				o.add(u.name(u.owners.parts[i][j]))
			}
		}
	}
	for refs := range slices.Chunk(absent, batchItems) {
		known, err := documents(ctx, refs)
		if err != nil {
			return nil, hinted.While("reading acknowledged documents", err)
		}
		u.addKnown(of, asked, refs, known)
	}
	if err := u.addTraced(ctx, of, absent); err != nil {
		return nil, err
	}
	return u.holds(of), nil
}

// addKnown adds those of whom the last acknowledged documents are known.
func (u *uniqueValues) addKnown(of map[uint64]*owners, asked map[string]bool, refs []jobs.DocumentRef, known []jobs.Acknowledged) {
	for i := range known {
		for field := range u.fields {
			if !asked[u.fields[field].path] {
				continue
			}
			if o := of[u.hashOf(field, known[i].Document)]; o != nil {
				o.add(refs[i].Key)
			}
		}
	}
}

// addTraced adds those of whom only traces are kept.
func (u *uniqueValues) addTraced(ctx context.Context, of map[uint64]*owners, absent []jobs.DocumentRef) error {
	if u.traced == nil {
		return nil
	}
	for fresh := range slices.Chunk(u.fresh, batchItems) {
		traces := make([]jobs.Trace, len(fresh))
		for i := range fresh {
			traces[i] = jobs.Trace{Path: fresh[i].field, Text: fresh[i].text}
		}
		keys, err := u.traced(ctx, traces)
		if err != nil {
			return hinted.While("reading what was left of removed documents", err)
		}
		for i := range fresh {
			for _, key := range keys[i] {
				if isAbsent(absent, key) {
					of[fresh[i].hash].add(key)
				}
			}
		}
	}
	return nil
}

// isAbsent reports whether somebody is among those whom staging does not have, who are in order of matricule.
func isAbsent(absent []jobs.DocumentRef, key string) bool {
	_, found := slices.BinarySearchFunc(absent, key, func(ref jobs.DocumentRef, key string) int { return strings.Compare(ref.Key, key) })
	return found
}

func (u *uniqueValues) holds(of map[uint64]*owners) []jobs.Hold {
	var holds []jobs.Hold
	for _, f := range u.fresh {
		o := of[f.hash]
		if o.n < 2 {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(o.keys), func(key string) bool { return key == f.key })
		slices.Sort(others)
		holds = append(holds, jobs.Hold{Seq: f.seq, Key: f.key,
			Finding: jobs.Finding{Rule: jobs.RuleUnique, Holds: true, Path: f.field, N: o.n - 1,
				Keys: others[:min(len(others), jobs.FindingKeys)]}})
	}
	return holds
}

// chunks is a long list that grows without being copied: a copy would need the memory of both.
type chunks[T any] struct{ parts [][]T }

const chunkSize = 1 << 14

// room is the last part, with place for n more.
func (c *chunks[T]) room(n int) *[]T {
	if last := len(c.parts) - 1; last >= 0 && cap(c.parts[last])-len(c.parts[last]) >= n {
		return &c.parts[last]
	}
	c.parts = append(c.parts, make([]T, 0, max(chunkSize, n)))
	return &c.parts[len(c.parts)-1]
}

func (c *chunks[T]) add(v T) {
	part := c.room(1)
	*part = append(*part, v)
}
