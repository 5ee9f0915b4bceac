package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// fetchFiles reads the files of all records that lack some: also of those that another program acknowledged meanwhile.
func (c *collection) fetchFiles(ctx context.Context) error {
	if !c.Files {
		return nil
	}
	keys, err := c.Inbox.Unfiled(ctx, c.Run.Target.ID, c.Name)
	if err != nil {
		return hinted.While("reading the inbox", err)
	}
	for _, key := range keys {
		if err := c.stopped(); err != nil {
			return err
		}
		if err := c.filesOf(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// filesOf reads the files of one record.
func (c *collection) filesOf(ctx context.Context, key string) error {
	files, err := c.Feed.Files(c.reading, c.Name, key)
	if err != nil {
		return c.unfiled(ctx, key, err)
	}
	known, err := c.Inbox.KnownFiles(ctx, c.Run.Target.ID, c.Name, key)
	if err != nil {
		return hinted.While("reading the inbox", err)
	}
	missing := 0
	for _, file := range files {
		k, is := known[file.ID]
		if is && (k.Missing == "" && (file.SHA256 == "" || strings.EqualFold(file.SHA256, k.SHA256)) || k.Missing == jobs.FileExpired) {
			continue
		}
		why, err := c.file(ctx, key, file)
		if err != nil {
			return c.unfiled(ctx, key, err)
		}
		if why == "" {
			c.counts.Files++
			continue
		}
		missing++
		if err := c.Inbox.MissFile(ctx, c.Run, c.Name, key, file, why); err != nil {
			return hinted.While("storing a file", err)
		}
	}
	c.failures = 0
	if missing > 0 {
		c.counts.Missing += missing
		c.missed.Add(key)
		return nil
	}
	if err := c.Inbox.Filed(ctx, c.Run, c.Name, key); err != nil {
		return hinted.While("storing a file", err)
	}
	return nil
}

// unfiled tells of a record whose files cannot be had just now, so that it is not acknowledged either.
func (c *collection) unfiled(ctx context.Context, key string, err error) error {
	why, err := c.spare(err)
	if err != nil {
		return err
	}
	return c.unacknowledged(ctx, key, why)
}

// file reads one file to where nobody finds it, and stores it once it is there as announced. why tells that it is not.
func (c *collection) file(ctx context.Context, key string, file jobs.File) (why jobs.ReasonCode, err error) {
	if file.Size > c.Job.MaxFile {
		return jobs.FileTooLarge, nil
	}
	into, err := newSpool(c.Job.MaxFile)
	if err != nil {
		return "", hinted.While("storing a file", err)
	}
	defer into.file.Close() //nolint:errcheck // it has no name any more
	err = c.Feed.Download(c.reading, c.Name, key, file, c.Job.MaxFile, into)
	var unwanted *jobs.FileError
	if errors.As(err, &unwanted) {
		return unwanted.Reason, nil
	}
	if err != nil {
		return "", err
	}
	sum := hex.EncodeToString(into.sum.Sum(nil))
	switch {
	case file.Size >= 0 && file.Size != into.size:
		return jobs.FileSize, nil
	case file.SHA256 != "" && !strings.EqualFold(file.SHA256, sum):
		return jobs.FileChecksum, nil
	}
	if _, err := into.file.Seek(0, io.SeekStart); err != nil {
		return "", hinted.While("storing a file", err)
	}
	file.Size, file.SHA256 = into.size, sum
	if err := c.Inbox.StoreFile(ctx, c.Run, c.Name, key, file, into.file); err != nil {
		return "", hinted.While("storing a file", err)
	}
	return "", nil
}

// spool is a file without a name, of which size and checksum are taken on the way.
type spool struct {
	file *os.File
	sum  hash.Hash
	size int64
	most int64
}

func newSpool(most int64) (*spool, error) {
	file, err := os.CreateTemp("", "syncd-file-*")
	if err != nil {
		return nil, noRoom(err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(noRoom(err), file.Close())
	}
	return &spool{file: file, sum: sha256.New(), most: most}, nil
}

// Write implements jobs.Sink.
func (s *spool) Write(text []byte) (int, error) {
	if s.size += int64(len(text)); s.size > s.most {
		return 0, &jobs.FileError{Reason: jobs.FileTooLarge}
	}
	s.sum.Write(text)
	n, err := s.file.Write(text)
	return n, noRoom(err)
}

// noRoom says where it is that nothing can be written; nil = something can.
func noRoom(err error) error {
	if err == nil {
		return nil
	}
	return hinted.Because(err, "inbox.no-room", "folder", os.TempDir())
}

// Restart implements jobs.Sink.
func (s *spool) Restart() error {
	s.sum.Reset()
	s.size = 0
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return err
}
