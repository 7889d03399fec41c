package evidence

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// textLimit bounds what a compressed text may become.
const textLimit = 512 << 20

// inflateHead is the first bytes of data, inflated when it is gzip.
func inflateHead(data []byte, limit int) ([]byte, error) {
	if !bytes.HasPrefix(data, gzipMagic) {
		return data[:min(len(data), limit)], nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("gzip header is damaged: %w", err)
	}
	head, err := io.ReadAll(io.LimitReader(r, int64(limit)))
	if err != nil && len(head) == 0 {
		return nil, fmt.Errorf("gzip data is damaged: %w", err)
	}
	return head, nil // what is wrong further on is the reader's to say
}

// inflate is data, inflated when it is gzip.
func inflate(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, gzipMagic) {
		return data, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("gzip header is damaged: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(r, textLimit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("gzip data is damaged after %d inflated bytes: %w", len(out), err)
	case len(out) > textLimit:
		return nil, fmt.Errorf("gzip data inflates to more than %d bytes", textLimit)
	}
	return out, nil
}
