package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/ledger"
	"syncd/internal/terminal"
)

func newInbox(p process) *cobra.Command {
	cmd := newInboxList(p, "inbox")
	cmd.AddCommand(newInboxList(p, "list"), newInboxShow(p), newInboxExport(p), newInboxForget(p))
	return cmd
}

// whose are the options that say of whom records are.
func (p process) whose(filter *ledger.RecordFilter) option {
	return func(cmd *cobra.Command) {
		flagText("partner", &filter.Partner, p.partnerNames)(cmd)
		flagText("dossier", &filter.Dossier, p.dossierNames)(cmd)
	}
}

// oneRecord are the arguments that name one.
func (p process) oneRecord() arguments {
	return arguments{exactly("COLLECTION", "KEY"), p.collectionNames}
}

func newInboxList(p process, name string) *cobra.Command {
	filter := ledger.RecordFilter{Max: 50}
	var since string
	return p.command(name, nothing, func(ctx context.Context, a *session, _ []string) (err error) {
		if filter.Since, err = a.day(since); err != nil {
			return err
		}
		records, full, err := a.Inbox().List(ctx, filter)
		return printed(a, records, err, a.printer().WriteInboxJSON, func(w io.Writer, records []ledger.InboxRecord) error {
			return a.printer().Inbox(w, records, full)
		})
	}, p.whose(&filter), flagText("collection", &filter.Collection, p.collectionNames), flagText("since", &since, nil),
		number("limit", &filter.Max), p.json)
}

func newInboxShow(p process) *cobra.Command {
	var of ledger.RecordFilter
	return p.command("show", p.oneRecord(), func(ctx context.Context, a *session, args []string) error {
		of.Collection, of.Key = args[0], args[1]
		record, err := a.Inbox().Record(ctx, of)
		return printed(a, record, err, a.printer().WriteInboxRecordJSON, a.printer().InboxRecord)
	}, p.whose(&of), p.json)
}

func newInboxExport(p process) *cobra.Command {
	var of ledger.RecordFilter
	var view, path string
	var excel bool
	cmd := p.command("export", arguments{between(0, 3), p.collectionNames}, func(ctx context.Context, a *session, args []string) error {
		switch {
		case view != "" && len(args) > 0:
			return unfit("command.csv-beside", "value", view)
		case view != "" && of.Partner != "":
			return unfit("command.csv-partner")
		case excel && view == "":
			return unfit("command.excel-alone")
		case view == "" && len(args) < 2:
			return unfit("command.no-record-named")
		case view == "" && path == "" && terminal.Is(a.Stdout):
			return unfit("command.file-on-terminal")
		}
		file := view
		written, err := a.writeTo(path, func(w io.Writer) (err error) {
			if view != "" {
				return a.Inbox().CSV(ctx, view, of.Dossier, excel, w)
			}
			of.Collection, of.Key = args[0], args[1]
			file, err = a.Inbox().File(ctx, of, append(args, "")[2], w)
			return err
		})
		if written && err == nil {
			a.say(a.Stderr, a.words().Inbox.Written, "file", file, "path", path)
		}
		return err
	}, p.whose(&of), flagText("csv", &view, oneOf(app.Inbox{}.Views)))
	cmd.Flags().StringVarP(&path, "output", "o", "", "")
	cmd.Flags().BoolVar(&excel, "excel", false, "")
	return cmd
}

// writeTo lets something be written to a new file, or to standard output where none is named. What could not be written whole is
// not left behind. A file that is there already is not written over.
func (a *session) writeTo(path string, write func(io.Writer) error) (written bool, err error) {
	if path == "" || path == "-" {
		return false, write(a.Stdout)
	}
	const private = 0o600
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private) //nolint:gosec // where the person says
	if errors.Is(err, os.ErrExist) {
		return false, unfit("command.file-exists", "value", path)
	}
	if err != nil {
		return false, unfit("command.no-output", "value", err)
	}
	err = errors.Join(write(out), out.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return true, err
}

func newInboxForget(p process) *cobra.Command {
	var of ledger.RecordFilter
	return p.command("forget", p.oneRecord(), func(ctx context.Context, a *session, args []string) error {
		of.Collection, of.Key = args[0], args[1]
		err := a.Inbox().Forget(ctx, of, a.decision())
		if err == nil {
			a.say(a.Stdout, a.words().Inbox.Erased, "collection", of.Collection, "key", of.Key)
		}
		return err
	}, p.whose(&of), p.reason)
}
