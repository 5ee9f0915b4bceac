package preset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

// Files implements jobs.Feed.
func (f *feed) Files(ctx context.Context, collection, key string) ([]jobs.File, error) {
	s, call, err := f.keyed(collection, "files", key, "", false, func(c *Collection) *Call { return c.Files.listCall() })
	if err != nil {
		return nil, err
	}
	answered, err := f.readJSON(ctx, call)
	if err != nil {
		return nil, err
	}
	files, err := s.collection.Files.list(answered.Text)
	if err != nil {
		return nil, f.strange(call, err)
	}
	return files, nil
}

func (f *Files) listCall() *Call {
	if f == nil {
		return nil
	}
	return &f.List
}

func (f *Files) getCall() *Call {
	if f == nil {
		return nil
	}
	return &f.Get
}

// Download implements jobs.Feed.
func (f *feed) Download(ctx context.Context, collection, key string, file jobs.File, most int64, into jobs.Sink) error {
	if file.Size > most {
		return &jobs.FileError{Reason: jobs.FileTooLarge}
	}
	if !partPattern().MatchString(file.ID) {
		return jobs.Troubled(jobs.ClassConfiguration, "download", hinted.Say("preset.not-permitted"))
	}
	_, call, err := f.keyed(collection, "download", key, file.ID, false, func(c *Collection) *Call { return c.Files.getCall() })
	if err != nil {
		return err
	}
	taken := &taking{into: into, most: most, sum: sha256.New()}
	call.Reads, call.Flaky, call.Limit = true, true, most
	call.Into = &httpcall.Sink{To: taken, Again: taken.again}
	out, _ := f.connection.http.Do(ctx, call)
	switch {
	case call.Into.Failed != nil:
		return call.Into.Failed
	case out.Err != nil:
		return out.Err
	case file.Size >= 0 && taken.size != file.Size:
		return &jobs.FileError{Reason: jobs.FileSize}
	case file.SHA256 != "" && hex.EncodeToString(taken.sum.Sum(nil)) != file.SHA256:
		return &jobs.FileError{Reason: jobs.FileChecksum}
	}
	return nil
}

// taking hands a file on, up to a size, and sums it up.
type taking struct {
	into       jobs.Sink
	size, most int64
	sum        hash.Hash
}

func (t *taking) Write(part []byte) (int, error) {
	if t.size += int64(len(part)); t.size > t.most {
		return 0, &jobs.FileError{Reason: jobs.FileTooLarge}
	}
	t.sum.Write(part)
	return t.into.Write(part)
}

func (t *taking) again() error {
	t.size = 0
	t.sum.Reset()
	return t.into.Restart()
}

// list reads the answer to a call for the files of a record.
func (f *Files) list(text []byte) ([]jobs.File, error) {
	items, err := itemsAt(text, f.Records)
	if err != nil {
		return nil, err
	}
	files := []jobs.File{}
	for _, item := range items {
		if item[0] != '{' {
			return nil, &odd{"shape-record"}
		}
		one := jobs.File{ID: textAt(item, f.ID), Size: -1}
		if !partPattern().MatchString(one.ID) {
			return nil, &odd{"shape-file"}
		}
		if size, err := count(at(item, f.Size)); err == nil {
			one.Size = int64(size)
		}
		if f.SHA256 != "" {
			one.SHA256 = strings.ToLower(strings.TrimSpace(textAt(item, f.SHA256)))
		}
		if f.Type != "" {
			if one.Type = textAt(item, f.Type); !contentType().MatchString(one.Type) {
				one.Type = ""
			}
		}
		files = append(files, one)
	}
	return files, nil
}

var contentType = lazyregexp.New(`^[A-Za-z0-9.+-]{1,80}/[A-Za-z0-9.+-]{1,80}$`)
