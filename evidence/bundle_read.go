package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What a bundle may take. Deflate cannot do better than 1032 to 1, and dumps of
// identical stacks, the most repetitive evidence there is, stay below 200.
const (
	entryLimit  = 1 << 30 // B, of one entry
	bundleLimit = 2 << 30 // B, of all
	entryCount  = 10_000
	ratioLimit  = 500
	ratioFrom   = 16 << 20 // B: smaller entries may be as dense as they like
)

// ReadBundle reads a .goperf bundle and trusts nothing in it. A blob that is
// damaged or missing is a gap of the capture; a bundle whose names, sizes or
// manifest cannot be right is an error.
func ReadBundle(r io.ReaderAt, size int64) (*Capture, error) {
	c, err := readBundle(r, size)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return c, nil
}

func readBundle(r io.ReaderAt, size int64) (*Capture, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, notZip(r, size, err)
	}
	files, err := index(z)
	if err != nil {
		return nil, err
	}
	m, err := readManifest(files)
	if err != nil {
		return nil, err
	}
	c := &Capture{Target: m.Target, From: m.From, To: m.To, Asked: m.Asked, Gaps: m.Gaps}
	left := int64(bundleLimit)
	var first error
	for _, e := range m.Blobs {
		f := files[e.Name]
		delete(files, e.Name)
		b := e.Blob
		if b.Data, err = readBlob(f, e, left); err != nil {
			first = errors.Join(first, err)
			c.Gaps = append(c.Gaps, Gap{Want: e.Kind, Why: err.Error(), Hint: "copy the bundle again, or collect again"})
			continue
		}
		left -= int64(len(b.Data))
		c.Blobs = append(c.Blobs, b)
	}
	if first != nil && len(c.Blobs) == 0 {
		return nil, fmt.Errorf("nothing in it can be read: %w", first)
	}
	for _, f := range z.File {
		if files[f.Name] != nil && f.Name != manifestName {
			c.Gaps = append(c.Gaps, Gap{
				Want: Kind(f.Name), Why: f.Name + ": is in the bundle and not in its manifest, and was not read",
				Hint: "unpack it and give it as a file",
			})
		}
	}
	return c, nil
}

// notZip says what is wrong with a file that has no directory.
func notZip(r io.ReaderAt, size int64, err error) error {
	var head [4]byte
	if n, _ := r.ReadAt(head[:], 0); IsBundle(head[:n]) {
		return fmt.Errorf("cut off or damaged at its end: the directory of the zip is not in its %d bytes: copy it again (%w)", size, err)
	}
	return fmt.Errorf("not a zip file, which a .goperf bundle is: %w", err)
}

// index checks what the directory claims before anything is inflated.
func index(z *zip.Reader) (map[string]*zip.File, error) {
	if len(z.File) > entryCount {
		return nil, fmt.Errorf("%d entries are more than the %d that a bundle may have", len(z.File), entryCount)
	}
	files := make(map[string]*zip.File, len(z.File))
	var total uint64
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, "/")
		switch {
		case !safeName(name):
			return nil, fmt.Errorf("entry %.100q: is no path inside a bundle: it would be written elsewhere when unpacked", f.Name)
		case f.FileInfo().IsDir():
			continue
		case files[name] != nil:
			return nil, fmt.Errorf("entry %.100q: is there twice", f.Name)
		case f.UncompressedSize64 > entryLimit:
			return nil, fmt.Errorf("entry %.100q: %d bytes are more than the %d that an entry may have", f.Name, f.UncompressedSize64, entryLimit)
		case f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/ratioLimit > f.CompressedSize64:
			return nil, fmt.Errorf("entry %.100q: %d bytes out of %d: no evidence is that repetitive", f.Name, f.UncompressedSize64, f.CompressedSize64)
		}
		if total += f.UncompressedSize64; total > bundleLimit {
			return nil, fmt.Errorf("entry %.100q: with it there are %d bytes, more than the %d that a bundle may have", f.Name, total, bundleLimit)
		}
		files[name] = f
	}
	return files, nil
}

func readManifest(files map[string]*zip.File) (*manifest, error) {
	f := files[manifestName]
	if f == nil {
		return nil, fmt.Errorf("no %s in it: a zip file, and no .goperf bundle", manifestName)
	}
	data, err := readEntry(f, manifestLimit)
	if err != nil {
		return nil, err
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if err := unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	switch {
	case version.Schema > bundleSchema:
		return nil, fmt.Errorf("%s: schema %d is newer than %d, the last that this goperf reads: update goperf", manifestName, version.Schema, bundleSchema)
	case version.Schema < 1:
		return nil, fmt.Errorf("%s: schema %d: was not written by goperf", manifestName, version.Schema)
	}
	var m manifest
	if err := unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	seen := map[string]bool{manifestName: true}
	for _, e := range m.Blobs {
		if !safeName(e.Name) || seen[e.Name] {
			return nil, fmt.Errorf("%s: blob %.100q: is no name in a bundle, or is there twice", manifestName, e.Name)
		}
		seen[e.Name] = true
	}
	return &m, nil
}

func readBlob(f *zip.File, e manifestEntry, left int64) ([]byte, error) {
	if f == nil {
		return nil, fmt.Errorf("%s: is in the manifest and not in the bundle", e.Name)
	}
	data, err := readEntry(f, min(entryLimit, left))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil, fmt.Errorf("%s: is damaged: its checksum is not that of the manifest", e.Name)
	}
	return data, nil
}

// readEntry inflates one entry. Memory grows with what comes, not with what the
// entry claims to hold.
func readEntry(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	defer r.Close()
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: is damaged after %d bytes: %w", f.Name, n, err)
	case n > limit:
		return nil, fmt.Errorf("%s: is larger than the %d bytes that are left for it", f.Name, limit)
	}
	return buf.Bytes(), nil
}
