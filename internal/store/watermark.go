package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/store/dbsqlc"
)

// Watermark is where a process keeps in mind, outside of the database, how far the ledger has come. Files of a server that
// were copied back, and a machine that was set back to a snapshot, look like what they were; the watermark does not go back
// with them.
type Watermark struct {
	Folder string   // of the files, one for each ledger; "" = none are kept
	Pushes []string // the jobs that are paused when the ledger turns out to have been put back

	PutBack func(PutBack)   // hears that it was; nil = nobody does
	Trouble func(error)     // hears why the file cannot be kept, or that it was lost; nil when it is kept again
	Since   func(time.Time) // hears since when it has been kept without a gap
}

// mark is how far a ledger had come when its position was asked for. Nothing in it is ahead of what Postgres had on disk
// then: a crash of the server takes none of it back.
type mark struct {
	Ledger   string    `json:"ledger"` // its name
	Server   int64     `json:"server"`
	Timeline int32     `json:"timeline"`
	Database int64     `json:"database"`
	Tables   int64     `json:"tables"`
	Noticed  int32     `json:"noticed"` // how often the ledger was found to have been put back
	Run      int64     `json:"run"`     // the newest
	Audit    int64     `json:"trail"`   // the newest line of the audit,
	AuditAt  time.Time `json:"trail_at"`
	WAL      int64     `json:"wal"` // what had been flushed of the write-ahead log, in bytes
	At       time.Time `json:"at"`  // by Postgres's clock
	Since    time.Time `json:"since"`
}

func markOf(ledger string, now dbsqlc.PositionRow) *mark {
	return &mark{Ledger: ledger, Server: now.Server, Timeline: now.Timeline, Database: now.Database, Tables: now.Tables, Noticed: now.Noticed,
		Run: now.Run, Audit: now.Audit, AuditAt: now.AuditAt.UTC(), WAL: now.Wal, At: now.At.UTC(), Since: now.At.UTC()}
}

// contradicts tells that the ledger went back, or another way, since the mark was made. now was asked for after the mark was
// read, with the mark's line of the audit. What somebody else has noticed meanwhile is no news.
func (m *mark) contradicts(now dbsqlc.PositionRow) bool {
	if m == nil || now.Noticed > m.Noticed {
		return false
	}
	return now.Noticed < m.Noticed || whereIs(now) != m.where() || !now.Kept || now.Wal < m.WAL || now.Sequence < m.Run
}

// where is the server, timeline, database and tables of a ledger.
type where struct {
	server           int64
	timeline         int32
	database, tables int64
}

func (m *mark) where() where { return where{m.Server, m.Timeline, m.Database, m.Tables} }

func whereIs(now dbsqlc.PositionRow) where {
	return where{now.Server, now.Timeline, now.Database, now.Tables}
}

// markFiles are the marks of a folder.
type markFiles struct {
	Watermark
	mu    sync.Mutex
	state string // the trouble that was told last
}

func (f *markFiles) path(ledger string) string {
	return filepath.Join(f.Folder, "ledger-"+ledger+".json")
}

// unreadError means that there is a watermark, and what it says is lost.
type unreadError struct{ *hinted.Coded }

// read is nil without an error where there is no mark of that ledger.
func (f *markFiles) read(ledger string) (*mark, error) {
	if f.Folder == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.path(ledger))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &unreadError{hinted.Because(err, "database.watermark-unread")}
	}
	m := &mark{}
	if err := json.Unmarshal(text, m); err != nil || m.Ledger != ledger {
		return nil, &unreadError{hinted.Because(nil, "database.watermark-damaged", "file", f.path(ledger))}
	}
	return m, nil
}

// keep writes a mark over the one that there is. Whoever reads meanwhile, or after a power cut, finds one of the two.
func (f *markFiles) keep(m *mark) {
	if f.Folder == "" {
		return
	}
	f.tell(f.write(m))
	if f.Since != nil && f.state == "" {
		f.Since(m.Since)
	}
}

func (f *markFiles) write(m *mark) (err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return hinted.While("writing the watermark of the ledger", err)
	}
	temporary := fmt.Sprintf("%s.%d", f.path(m.Ledger), os.Getpid())
	defer func() {
		if err != nil {
			_ = os.Remove(temporary) // what is left of it does no harm
			err = hinted.While("writing the watermark of the ledger", err)
		}
	}()
	if err := f.writeFile(temporary, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temporary, f.path(m.Ledger)); err != nil {
		return err
	}
	return syncFolder(f.Folder)
}

// writeFile makes a file that is on disk. Of root it becomes the folder's owner's, whose service must be able to read it.
func (f *markFiles) writeFile(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was synced, or has failed
	if _, err := file.Write(text); err != nil {
		return err
	}
	if owner, err := os.Stat(f.Folder); err == nil && os.Geteuid() == 0 {
		if stat, ok := owner.Sys().(*syscall.Stat_t); ok {
			if err := file.Chown(int(stat.Uid), int(stat.Gid)); err != nil {
				return err
			}
		}
	}
	return file.Sync()
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// tell says once a change why the watermark cannot be kept; nil = it is.
func (f *markFiles) tell(err error) {
	state := ""
	if err != nil {
		state, _, _ = strings.Cut(err.Error(), "\n")
	}
	if state != f.state && f.Trouble != nil {
		f.Trouble(err)
	}
	f.state = state
}
