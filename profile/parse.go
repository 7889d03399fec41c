package profile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/goperf/goperf/profile/gunzip"
)

// defaultMaxBytes bounds the uncompressed size of what Parse reads.
const defaultMaxBytes = 2 << 30

// Options says how to read a profile.
type Options struct {
	// Labels keeps the labels of samples. They are skipped otherwise: nothing
	// but label questions needs them and they can be most of a profile.
	Labels bool
	// MaxBytes bounds the uncompressed size; 0 means 2 GiB.
	MaxBytes int64
}

func (o Options) limit() int64 {
	if o.MaxBytes <= 0 {
		return defaultMaxBytes
	}
	return min(o.MaxBytes, math.MaxUint32)
}

// Parse reads a profile: profile.proto raw or gzipped, or one of the legacy
// formats of pprof. Input that is none of these gives one error that says what
// it looks like. What is odd and can still be read correctly is told in
// Profile.Warnings. Offsets in errors count uncompressed bytes unless they say
// otherwise.
func Parse(data []byte, opts Options) (*Profile, error) {
	return parse(bytesOf(data), opts)
}

// ParseAt is [Parse] for size bytes of r, of which only a window is in memory if
// they are gzipped. They must not change meanwhile.
func ParseAt(r io.ReaderAt, size int64, opts Options) (*Profile, error) {
	return parse(source{r: r, size: size}, opts)
}

func parse(from source, opts Options) (*Profile, error) {
	p, _, err := read(from, opts, nil)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return p, nil
}

// read is Parse. The samples go to records if there are any; then what read
// them is returned as well, but for legacy formats.
func read(from source, opts Options, to *records) (*Profile, *decoder, error) {
	in, err := newInput(from, opts.limit())
	if err != nil {
		return nil, nil, err
	}
	if err := in.fill(sniffLen); err != nil {
		return nil, nil, err
	}
	kind, refused := sniff(in.buf)
	if gz := in.gzipFault(); gz != nil && len(in.buf) == 0 {
		return nil, nil, &hinted{gz, hintDamaged}
	}
	switch kind {
	case foreign:
		return nil, nil, refused
	case legacy:
		p, err := parseLegacy(in, opts)
		return p, nil, err
	case text:
		p, err := parseLegacy(in, opts)
		if err != nil {
			return nil, nil, refused
		}
		return p, nil, nil
	}
	zlib := looksZlib(in.buf)
	d := newDecoder(in, opts)
	d.records = to
	p, err := d.run()
	if err == nil {
		return p, d, nil
	}
	if errors.Is(err, errTooLarge) {
		return nil, nil, err // which is hinted
	}
	if gz := in.gzipFault(); gz != nil {
		return nil, nil, &hinted{fmt.Errorf("%w (%w)", gz, err), hintDamaged}
	}
	if zlib {
		return nil, nil, &refusal{"looks like zlib data", "decompress it first: zlib-flate -uncompress < FILE | goperf COMMAND -"}
	}
	if strings.Contains(err.Error(), twoProfiles) {
		return nil, nil, &hinted{d.pinpoint(from, err), "goperf merge adds profiles up that are files of their own"}
	}
	if oe, ok := errors.AsType[*offsetError](err); ok && oe.off == 0 {
		return nil, nil, &hinted{fmt.Errorf("not a pprof profile: %w", err), hintKinds}
	}
	return nil, nil, &hinted{d.pinpoint(from, err), hintDamaged}
}

// gzipFault says what was wrong with the compressed stream, if anything.
func (in *input) gzipFault() error {
	if in.src == nil || in.err == nil || errors.Is(in.err, io.EOF) {
		return nil
	}
	at := in.src.Offset()
	switch {
	case errors.Is(in.err, io.ErrUnexpectedEOF):
		return fmt.Errorf("gzip data is cut off at byte %d of the file", at)
	case errors.Is(in.err, gunzip.ErrChecksum):
		return fmt.Errorf("gzip checksum is wrong at byte %d of the file: the data is damaged", at)
	}
	return fmt.Errorf("gzip data is damaged near byte %d of the file: %w", at, in.err)
}
