// Attach makes the release of a tag at a forge, with the files that `make release` made:
//
//	attach TAG COMMIT FOLDER
//
// Which forge, which repository and with what right it takes from the environment, as CI systems give it: Actions of GitHub, Gitea
// and Forgejo, or GitLab. What is attached already is kept, so that a second run completes a first that broke off. It serves
// the Makefile, and is no part of the product.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit codes.
const (
	exitDone  = 0
	exitAgain = 1 // the forge did not answer, or not as it should: run it again
	exitUnfit = 2 // what is needed for it is not there: nothing was changed
	exitOther = 3 // the forge has another file of that name, which is left
)

// byHand is what is said where there is no forge.
const byHand = `hint: CI gives them at a tag (Actions gives its token only to who asks: env: GITHUB_TOKEN); by hand:
  read -rs GITHUB_TOKEN && export GITHUB_TOKEN
  export GITHUB_API_URL=https://FORGE/api/v1 GITHUB_REPOSITORY=OWNER/REPOSITORY
  make release attach
with https://api.github.com for GitHub; for GitLab GITLAB_TOKEN, CI_API_V4_URL=https://FORGE/api/v4, CI_PROJECT_ID=GROUP/PROJECT`

func main() { os.Exit(runUntilSignal()) }

func runUntilSignal() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
}

func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	f, err := forgeOf(env)
	if err == nil {
		f.said = stdout
		err = attach(ctx, f, args, env)
	}
	if err == nil {
		return exitDone
	}
	text := err.Error()
	if f.token != "" { // a forge may repeat what it was sent
		text = strings.ReplaceAll(text, f.token, "…")
	}
	_, _ = fmt.Fprintln(stderr, "attach:", text)
	var u unfit
	var o other
	switch {
	case errors.As(err, &u):
		return exitUnfit
	case errors.As(err, &o):
		return exitOther
	}
	return exitAgain
}

// An unfit error is of what was given; nothing was changed.
type unfit string

func (e unfit) Error() string { return string(e) }

// An other error is the name of a file that the forge has otherwise.
type other string

func (e other) Error() string {
	return "the release has another " + string(e) +
		"\nhint: who has downloaded that one has a checksum of it: make a new tag; or, if nobody has, remove it there and run this again"
}

func attach(ctx context.Context, f forge, args []string, env func(string) string) error {
	if len(args) != 3 {
		return unfit("usage: attach TAG COMMIT FOLDER")
	}
	tag, commit := args[0], args[1]
	ofCI, isTag := strings.CutPrefix(env("GITHUB_REF"), "refs/tags/")
	if !isTag {
		ofCI = ""
	}
	if ofCI = cmp.Or(ofCI, env("CI_COMMIT_TAG")); ofCI != "" && ofCI != tag {
		return unfit("this is the build of " + ofCI + ", and the newest tag of the commit is " + tag)
	}
	r, err := releaseIn(args[2], tag)
	if err != nil {
		return err
	}
	return f.attach(ctx, &f, r, commit)
}

// forgeOf is the forge that an environment names.
func forgeOf(env func(string) string) (forge, error) {
	actions := []string{"GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"}
	gitLab := []string{"CI_API_V4_URL", "CI_PROJECT_ID", "CI_JOB_TOKEN"}
	if env("GITLAB_TOKEN") != "" {
		gitLab[2] = "GITLAB_TOKEN"
	}
	missing := func(names []string) (lacks []string) {
		for _, name := range names {
			if env(name) == "" {
				lacks = append(lacks, name)
			}
		}
		return lacks
	}
	lacksActions, lacksGitLab := missing(actions), missing(gitLab)
	switch {
	case len(lacksActions) == 0:
		return newForge(env(actions[0]), env(actions[1]), "Authorization", "Bearer ", env(actions[2]), attachActions), nil
	case len(lacksGitLab) == 0 && gitLab[2] == "GITLAB_TOKEN":
		return newForge(env(gitLab[0]), env(gitLab[1]), "Authorization", "Bearer ", env(gitLab[2]), attachGitLab), nil
	case len(lacksGitLab) == 0:
		return newForge(env(gitLab[0]), env(gitLab[1]), "Job-Token", "", env(gitLab[2]), attachGitLab), nil
	case len(lacksGitLab) < len(gitLab) && len(lacksActions) == len(actions):
		return forge{}, unfit("the environment lacks " + strings.Join(lacksGitLab, ", ") + "\n" + byHand)
	}
	return forge{}, unfit("the environment lacks " + strings.Join(lacksActions, ", ") + "\n" + byHand)
}
