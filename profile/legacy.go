package profile

import (
	"bytes"
	"fmt"
	"strings"

	pprof "github.com/google/pprof/profile"
)

// maxLegacy bounds what is handed to the reader of the legacy formats, which
// takes an object per sample.
const maxLegacy = 64 << 20

// parseLegacy reads the formats that came before profile.proto (heap v2,
// contention, threadz, growth, CPU binary, Java) with google/pprof and decodes
// what that writes, so that there is one way into the dense arrays.
func parseLegacy(in *input, opts Options) (p *Profile, err error) {
	data, err := in.all()
	if err != nil {
		return nil, err
	}
	if gz := in.gzipFault(); gz != nil {
		return nil, &hinted{gz, hintDamaged}
	}
	if len(data) > maxLegacy {
		return nil, &hinted{fmt.Errorf("legacy format: %d bytes: %w (%d)", len(data), errTooLarge, maxLegacy), hintLarge}
	}
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, &refusal{fmt.Sprintf("legacy format: damaged beyond reading (%v)", r), hintDamaged}
		}
	}()
	old, err := pprof.ParseData(data)
	if err != nil {
		if strings.HasSuffix(err.Error(), "unrecognized profile format") {
			return nil, &refusal{"not a profile in any known format", hintKinds}
		}
		return nil, &hinted{fmt.Errorf("legacy format: %w", err), hintDamaged}
	}
	var buf bytes.Buffer
	if err := old.WriteUncompressed(&buf); err != nil {
		return nil, fmt.Errorf("legacy format: %w", err)
	}
	d := newDecoder(&input{buf: buf.Bytes(), expected: int64(buf.Len()), limit: int64(buf.Len())}, opts)
	return d.run()
}
