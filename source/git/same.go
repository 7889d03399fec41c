package git

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // it is what git names files by
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrNoCommit is that no repository is there that has the file as of the commit.
var ErrNoCommit = errors.New("is not at hand")

// Same says whether a text is what a file of the repository's folder was as of a
// commit, but for the ends of lines. The commit is a full hash: it may come from
// evidence that nobody vouches for.
func (r Repo) Same(ctx context.Context, commit, name string, text []byte) (bool, error) {
	if _, err := hex.DecodeString(commit); err != nil || len(commit) != 2*sha1.Size && len(commit) != 2*sha256.Size {
		return false, fmt.Errorf("%.80q: is no commit", commit)
	}
	id, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", commit+":./"+name)
	if err != nil {
		if errors.Is(err, ErrMissing) || ctx.Err() != nil {
			return false, err
		}
		return false, fmt.Errorf("%s of commit %s %w", name, short(commit), ErrNoCommit)
	}
	return id == blob(id, text) || id == blob(id, bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))), nil
}

// blob is what git calls a file with a text, by the kind of hash that id is.
func blob(id string, text []byte) string {
	whole := append(fmt.Appendf(nil, "blob %d\x00", len(text)), text...)
	if len(strings.TrimSpace(id)) == 2*sha256.Size {
		sum := sha256.Sum256(whole)
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(whole) //nolint:gosec // it is what git names files by
	return hex.EncodeToString(sum[:])
}
