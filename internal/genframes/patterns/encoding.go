package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
)

func (b *bench) encoding() []func() {
	return []func(){
		b.jsonMarshal, b.jsonUnmarshalStruct, b.jsonUnmarshalAny, b.jsonDecoder, b.jsonEncoder, b.jsonIndent, b.jsonRaw,
		b.gobEncode, b.gobDecode, b.xmlMarshal, b.xmlUnmarshal, b.csvRead, b.csvWrite, b.binaryRead, b.binaryWrite,
		b.base64Encode, b.base64Decode, b.hexEncode, b.gzipNewWriter, b.gzipDefault, b.gzipBest, b.gunzip,
	}
}

func (b *bench) jsonMarshal() {
	for range 300 {
		b.sink = must(json.Marshal(b.item))
	}
}

func (b *bench) jsonUnmarshalStruct() {
	for range 300 {
		var v item
		check(json.Unmarshal(b.doc, &v))
	}
}

func (b *bench) jsonUnmarshalAny() {
	for range 300 {
		var v any
		check(json.Unmarshal(b.doc, &v))
	}
}

func (b *bench) jsonDecoder() {
	d := json.NewDecoder(strings.NewReader(strings.Repeat(string(b.doc)+"\n", 300)))
	for d.More() {
		var v item
		check(d.Decode(&v))
	}
}

func (b *bench) jsonEncoder() {
	e := json.NewEncoder(io.Discard)
	for range 300 {
		check(e.Encode(b.item))
	}
}

func (b *bench) jsonIndent() {
	for range 300 {
		b.sink = must(json.MarshalIndent(b.item, "", "  "))
	}
}

// jsonRaw reads a document twice: once to find the parts, once for each.
func (b *bench) jsonRaw() {
	for range 300 {
		var parts map[string]json.RawMessage
		check(json.Unmarshal(b.doc, &parts))
		var v item
		check(json.Unmarshal(parts["part"], &v))
	}
}

func (b *bench) gobEncode() {
	for range 30 {
		check(gob.NewEncoder(io.Discard).Encode(b.item))
	}
}

func (b *bench) gobDecode() {
	var buf bytes.Buffer
	check(gob.NewEncoder(&buf).Encode(b.item))
	for range 10 {
		var v item
		check(gob.NewDecoder(bytes.NewReader(buf.Bytes())).Decode(&v))
	}
}

func (b *bench) xmlMarshal() {
	for range 100 {
		b.sink = must(xml.Marshal(b.item))
	}
}

func (b *bench) xmlUnmarshal() {
	doc := must(xml.Marshal(b.item))
	for range 50 {
		var v item
		check(xml.Unmarshal(doc, &v))
	}
}

func (b *bench) csvRead() {
	b.sink = must(csv.NewReader(strings.NewReader(strings.Repeat("a,\"b c\",35,,harbour\n", 500))).ReadAll())
}

func (b *bench) csvWrite() {
	w := csv.NewWriter(io.Discard)
	for range 500 {
		check(w.Write(b.words[:8]))
	}
	w.Flush()
}

func (b *bench) binaryRead() {
	data := make([]byte, 16)
	for range 2_000 {
		var v struct {
			A, B uint32
			C    int64
		}
		check(binary.Read(bytes.NewReader(data), binary.LittleEndian, &v))
	}
}

func (b *bench) binaryWrite() {
	v := struct {
		A, B uint32
		C    int64
	}{1, 2, 3}
	for range 2_000 {
		check(binary.Write(io.Discard, binary.LittleEndian, &v))
	}
}

func (b *bench) base64Encode() { b.str = base64.StdEncoding.EncodeToString(b.big[0][:64<<10]) }

func (b *bench) base64Decode() {
	b.sink = must(base64.StdEncoding.DecodeString(strings.Repeat("QUJD", 16<<10)))
}

func (b *bench) hexEncode() { b.str = hex.EncodeToString(b.big[0][:64<<10]) }

func (b *bench) gzipNewWriter() {
	for range 5 {
		z := gzip.NewWriter(io.Discard)
		_ = must(z.Write(b.raw[:512]))
		check(z.Close())
	}
}

func (b *bench) compress(level int) {
	z, ok := b.sink.(*gzip.Writer)
	if !ok {
		z = must(gzip.NewWriterLevel(io.Discard, level))
		b.sink = z
	}
	z.Reset(io.Discard)
	_ = must(z.Write(b.raw))
	check(z.Close())
}

func (b *bench) gzipDefault() { b.compress(gzip.DefaultCompression) }

func (b *bench) gzipBest() { b.compress(gzip.BestCompression) }

func (b *bench) gunzip() {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_ = must(z.Write(b.big[0][:256<<10]))
	check(z.Close())
	for range 20 {
		_ = must(io.Copy(io.Discard, must(gzip.NewReader(bytes.NewReader(buf.Bytes())))))
	}
}
