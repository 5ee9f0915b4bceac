package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/ledger"
	"syncd/internal/terminal"
)

// inboxFlags are those that say of whom records are.
type inboxFlags struct {
	ledger.RecordFilter
	since string
}

func (f *inboxFlags) add(cmd *cobra.Command, p process, flags *globalFlags) {
	cmd.Flags().StringVar(&f.Partner, "partner", "", "")
	cmd.Flags().StringVar(&f.Dossier, "dossier", "", "")
	complete(cmd, "partner", p.partnerNames(flags))
	complete(cmd, "dossier", p.dossierNames(flags))
}

// one takes collection and key from the arguments.
func (f *inboxFlags) one(args []string) ledger.RecordFilter {
	f.Collection, f.Key = args[0], args[1]
	return f.RecordFilter
}

func newInbox(p process, flags *globalFlags) *cobra.Command {
	cmd := newInboxList(p, flags, "inbox")
	cmd.AddCommand(newInboxList(p, flags, "list"), newInboxShow(p, flags), newInboxExport(p, flags), newInboxForget(p, flags))
	return cmd
}

func newInboxList(p process, flags *globalFlags, name string) *cobra.Command {
	var filter inboxFlags
	cmd := &cobra.Command{
		Use:  name,
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) (err error) {
			if filter.since != "" {
				if filter.Since, err = time.ParseInLocation(time.DateOnly, filter.since, a.Config.Zone()); err != nil {
					return wrong("no-day", filter.since)
				}
			}
			records, full, err := a.Inbox().List(ctx, filter.RecordFilter)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteInboxJSON(a.Stdout, records)
			}
			return a.printer().Inbox(a.Stdout, records, full)
		}),
	}
	filter.add(cmd, p, flags)
	cmd.Flags().StringVar(&filter.Collection, "collection", "", "")
	cmd.Flags().StringVar(&filter.since, "since", "", "")
	cmd.Flags().IntVar(&filter.Max, "limit", 50, "")
	complete(cmd, "collection", p.collectionNames(flags))
	flags.addJSON(cmd)
	return cmd
}

func newInboxShow(p process, flags *globalFlags) *cobra.Command {
	var of inboxFlags
	cmd := &cobra.Command{
		Use:               "show",
		Args:              exactly("COLLECTION", "KEY"),
		ValidArgsFunction: onlyFirst(p.collectionNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			record, err := a.Inbox().Record(ctx, of.one(args))
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteInboxRecordJSON(a.Stdout, record)
			}
			return a.printer().InboxRecord(a.Stdout, record)
		}),
	}
	of.add(cmd, p, flags)
	flags.addJSON(cmd)
	return cmd
}

func newInboxExport(p process, flags *globalFlags) *cobra.Command {
	var of inboxFlags
	var view, path string
	cmd := &cobra.Command{
		Use:               "export",
		Args:              between(0, 3),
		ValidArgsFunction: onlyFirst(p.collectionNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			switch {
			case view != "" && len(args) > 0:
				return wrong("csv-beside", view)
			case view != "" && of.Partner != "":
				return wrong("csv-partner", view)
			case view == "" && len(args) < 2:
				return wrong("no-record-named", "")
			case view == "" && path == "" && terminal.Is(a.Stdout):
				return wrong("file-on-terminal", "")
			}
			file := view
			written, err := a.writeTo(path, func(w io.Writer) (err error) {
				if view != "" {
					return a.Inbox().CSV(ctx, view, of.Dossier, w)
				}
				file, err = a.Inbox().File(ctx, of.one(args), append(args, "")[2], w)
				return err
			})
			if written && err == nil {
				a.say(a.Stderr, a.words().Inbox.Written, "file", file, "path", path)
			}
			return err
		}),
	}
	of.add(cmd, p, flags)
	cmd.Flags().StringVar(&view, "csv", "", "")
	cmd.Flags().StringVarP(&path, "output", "o", "", "")
	complete(cmd, "csv", oneOf(app.Inbox{}.Views))
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
		return false, wrong("file-exists", path)
	}
	if err != nil {
		return false, wrong("no-output", err)
	}
	err = errors.Join(write(out), out.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return true, err
}

func newInboxForget(p process, flags *globalFlags) *cobra.Command {
	var of inboxFlags
	cmd := &cobra.Command{
		Use:               "forget",
		Args:              exactly("COLLECTION", "KEY"),
		ValidArgsFunction: onlyFirst(p.collectionNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			if err := a.Inbox().Forget(ctx, of.one(args), flags.decision()); err != nil {
				return err
			}
			a.say(a.Stdout, a.words().Inbox.Erased, "collection", args[0], "key", args[1])
			return nil
		}),
	}
	of.add(cmd, p, flags)
	flags.addReason(cmd)
	return cmd
}
