package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode"
)

// bundleSchema is the version of the manifest. It rises when an older goperf
// would read a newer bundle wrong; a field that may be left out is no reason.
const bundleSchema = 1

const (
	manifestName  = "manifest.json"
	manifestLimit = 16 << 20
)

// manifest is what a bundle says about itself and its blobs.
type manifest struct {
	Schema int             `json:"schema"`
	Tool   string          `json:"tool,omitempty"`
	Target Target          `json:"target"`
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	Asked  []Request       `json:"asked,omitempty"`
	Gaps   []Gap           `json:"gaps,omitempty"`
	Blobs  []manifestEntry `json:"blobs"`
}

type manifestEntry struct {
	Blob
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// IsBundle reports whether data begins like a .goperf bundle, which is a zip file.
func IsBundle(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// WriteBundle writes a capture as a .goperf bundle: a zip with the manifest and
// every blob exactly as it was served. Two blobs of one name, and names that
// are no paths inside a bundle, get new ones. Tool is the name and version of
// the program that writes.
func WriteBundle(w io.Writer, c *Capture, tool string) error {
	m := manifest{
		Schema: bundleSchema, Tool: tool, Target: c.Target, From: c.From, To: c.To,
		Asked: c.Asked, Gaps: c.Gaps, Blobs: []manifestEntry{},
	}
	taken := map[string]bool{manifestName: true}
	for _, b := range c.Blobs {
		b.Name = freeName(b, taken)
		sum := sha256.Sum256(b.Data)
		m.Blobs = append(m.Blobs, manifestEntry{b, int64(len(b.Data)), hex.EncodeToString(sum[:])})
	}
	head, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("bundle: %s: %w", manifestName, err)
	}
	z := zip.NewWriter(w)
	if err := writeEntry(z, manifestName, c.To, append(head, '\n')); err != nil {
		return err
	}
	for _, e := range m.Blobs {
		if err := writeEntry(z, e.Name, e.To, e.Data); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

func writeEntry(z *zip.Writer, name string, at time.Time, data []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	// The date of an entry is for people; years that zip cannot tell are left out.
	if at.Year() >= 1980 && at.Year() < 2100 {
		h.Modified = at.UTC()
	}
	if bytes.HasPrefix(data, gzipMagic) {
		h.Method = zip.Store // deflating again only costs time
	}
	h.SetMode(0o644)
	f, err := z.CreateHeader(h)
	if err == nil {
		_, err = f.Write(data)
	}
	if err != nil {
		return fmt.Errorf("bundle: %s: %w", name, err)
	}
	return nil
}

// freeName is the name of a blob in the bundle. Names that differ only in case
// would overwrite each other where a bundle is unpacked.
func freeName(b Blob, taken map[string]bool) string {
	name := b.Name
	if !safeName(name) {
		name = "blob"
		if safeName(string(b.Kind)) && !strings.Contains(string(b.Kind), "/") {
			name = string(b.Kind)
		}
	}
	stem, ext := name, ""
	if dot := strings.IndexByte(name[strings.LastIndexByte(name, '/')+1:], '.'); dot > 0 {
		dot += strings.LastIndexByte(name, '/') + 1
		stem, ext = name[:dot], name[dot:]
	}
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s-%d%s", stem, n, ext)
	}
	taken[strings.ToLower(name)] = true
	return name
}

// safeName reports whether a name means a file below the folder that a bundle
// is unpacked in, on every system.
func safeName(name string) bool {
	return len(name) <= 240 && name != "." && fs.ValidPath(name) && !strings.ContainsAny(name, `\:`) &&
		!strings.ContainsFunc(name, unicode.IsControl)
}
