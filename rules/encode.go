package rules

import "github.com/goperf/goperf/blame"

// encodeCalls are about serialisation, parsing, hashing and compression.
var encodeCalls = []hotCall{
	{
		id: "json-reflection", title: "spends its time in encoding/json", mechanism: "json-reflection",
		concepts: []blame.Concept{blame.JSON}, min: 0.1, kLow: 0.3, kHigh: 0.5, certain: 0.7, basis: measured,
		advice: []string{
			"Cache the encoded bytes if the same value is sent more than once; send fewer fields.",
			"Generate or hand-write the encoder for the one hot type at {line}; Go 1.27's encoding/json decodes markedly faster.",
		},
		doc: "encoding/json walks types by reflection and validates its input in a pass of its own.",
	},
	{
		id: "json-indent", title: "indents JSON for machines", mechanism: "json-reflection",
		concepts: []blame.Concept{blame.JSONIndent}, min: 0.01, kLow: 0.55, kHigh: 0.63, certain: 0.85, basis: measured,
		advice: []string{"Use json.Marshal instead of MarshalIndent at {line}; indent where a person looks."},
		doc:    "MarshalIndent encodes, then copies and re-scans everything to add white space.",
	},
	{
		id: "xml-gob-csv", title: "spends its time in a reflective codec", mechanism: "reflection",
		concepts: []blame.Concept{blame.XML, blame.Gob, blame.CSV, blame.ASN1}, min: 0.06, kLow: 0.3, kHigh: 0.7, certain: 0.65, basis: "estimate",
		advice: []string{"Keep encoders and decoders alive between messages (gob sends types once per Encoder); decode only what is used, with a token reader, at {line}."},
		doc:    "encoding/xml and encoding/gob work by reflection; a new gob encoder or decoder compiles its type machine each time.",
	},
	{
		id: "binary-reflection", title: "reads or writes binary data by reflection", mechanism: "reflection",
		concepts: []blame.Concept{blame.BinaryReflect}, min: 0.02, kLow: 0.85, kHigh: 0.98, certain: 0.85, basis: measured,
		advice: []string{"Use binary.LittleEndian.Uint64 and AppendUint64 on a byte slice instead of binary.Read/Write at {line}."},
		doc:    "binary.Read and Write inspect the type and allocate for each call; the ByteOrder methods compile to single loads.",
	},
	{
		id: "reflect-hot", title: "uses reflection on the hot path", mechanism: "reflection",
		concepts: []blame.Concept{blame.Reflect}, callbacks: false, min: 0.05, kLow: 0.4, kHigh: 0.9, certain: 0.7, basis: "estimate",
		advice: []string{"Resolve fields and methods once per type and cache the indexes; or generate typed code for the type that {func} handles at {line}."},
		doc:    "reflect allocates, looks names up linearly and hides values from the optimiser.",
		refine: reflectAlloc,
	},
	{
		id: "deep-equal", title: "compares with reflect.DeepEqual", mechanism: "reflection",
		concepts: []blame.Concept{blame.DeepEqual}, min: 0.01, kLow: 0.9, kHigh: 0.97, certain: 0.9, basis: measured,
		advice: []string{"Compare fields, or use slices.Equal, maps.Equal or bytes.Equal at {line}."},
		doc:    "reflect.DeepEqual is about forty times slower than comparing the fields.",
	},
	{
		id: "template-parse", title: "parses templates on the hot path", mechanism: "compile-per-call",
		concepts: []blame.Concept{blame.TemplateParse}, grouped: true, min: 0.01, kLow: 0.85, kHigh: 0.95, certain: 0.92, basis: "estimate",
		advice: []string{"Parse once at start into a package variable (template.Must) and only Execute at {line}; html/template also escapes the tree on first execution of each parsed copy."},
		doc:    "Parsing and escaping a template costs far more than executing it.",
	},
	{
		id: "template-exec", title: "spends its time executing templates", mechanism: "reflection",
		concepts: []blame.Concept{blame.TemplateExec}, min: 0.12, kLow: 0.2, kHigh: 0.6, certain: 0.45, basis: "estimate",
		advice: []string{"Cache rendered fragments that do not change; replace the hot template at {line} by code that appends."},
		doc:    "text/template evaluates by reflection and formats through fmt.",
	},
	{
		id: "parse-source", title: "parses source text on the hot path", mechanism: "parse-per-request",
		concepts: []blame.Concept{blame.GoParse}, min: 0.02, kLow: 0.7, kHigh: 0.95, certain: 0.48, basis: "estimate",
		advice: []string{"Keep the parsed form; parse again only when the source changes ({line})."},
		doc:    "go/parser and friends are compile-time tools.",
	},
	{
		id: "cert-load", title: "loads certificates on the hot path", mechanism: "parse-per-request",
		concepts: []blame.Concept{blame.CertLoad}, grouped: true, min: 0.02, kLow: 0.85, kHigh: 0.98, certain: 0.9, basis: "estimate",
		advice: []string{"Load the pool or key pair once, into the *tls.Config or a package variable, and share it: both are safe for concurrent use ({line}). When files change, watch them and swap the pointer; GetCertificate and GetConfigForClient hand the current one out."},
		doc:    "A pool of system roots is 140 certificates that are decoded from PEM and parsed one by one.",
	},
	{
		id: "url-parse", title: "parses URLs or paths on the hot path", mechanism: "parse-per-request",
		concepts: []blame.Concept{blame.URLParse, blame.FilePath, blame.NetAddr}, min: 0.04, kLow: 0.5, kHigh: 0.9, certain: 0.6, basis: "estimate",
		advice: []string{"Parse constant URLs, paths and addresses once, at start, and keep the parsed value; call r.URL.Query() and r.FormValue once per request, not once per field ({line})."},
		doc:    "url.Parse, Values and filepath functions allocate; (*URL).Query parses the whole query string at each call.",
	},
	{
		id: "crypto-hash", title: "hashes on the hot path", mechanism: "hashing",
		concepts: []blame.Concept{blame.CryptoHash, blame.Hash}, min: 0.06, kLow: 0.3, kHigh: 0.9, certain: 0.65, basis: "estimate",
		advice: []string{"Hash each value once and keep the sum; where no attacker is involved use hash/maphash or xxhash instead of a cryptographic hash ({line}); feed large chunks."},
		doc:    "SHA-256 runs at about 1 to 2 GB/s with hardware support, MD5 slower; non-cryptographic hashes are 10 times faster and enough for keys and caches.",
	},
	{
		id: "crypto-hot", title: "spends its time in cryptography", mechanism: "crypto-hot-path",
		concepts: []blame.Concept{blame.Crypto, blame.X509}, min: 0.08, kLow: 0.3, kHigh: 0.9, certain: 0.55, basis: "estimate",
		advice: []string{"Cache parsed keys, certificates and verified signatures; prefer Ed25519 or ECDSA P-256 to RSA for signing; reuse ciphers (cipher.AEAD) instead of making one per message ({line})."},
		doc:    "Public-key operations cost 20 µs to 1 ms; setting up a cipher or parsing a key per message often costs more than using it.",
	},
	{
		id: "big-math", title: "computes with big numbers on the hot path", mechanism: "slow-algorithm",
		concepts: []blame.Concept{blame.BigMath}, min: 0.06, kLow: 0.3, kHigh: 0.95, certain: 0.48, basis: "estimate",
		advice: []string{
			"Where the values at {line} fit in 64 bits (math/bits: in 128), compute with machine words; else reuse one big.Int as the receiver instead of making new ones.",
			"If {func} converts between number bases, divide by the largest power of the base that fits in a word and split the remainder: about ten digits for each big division instead of one.",
		},
		doc: "An operation on a big.Int walks all of its words and often allocates; one division for each digit of a number makes conversion quadratic.\n\n" +
			"**When it is wrong.** Numbers that are large have to be computed with, and a program that does it well spends its time in the same calls: the profile cannot tell how large they are. The confidence therefore stays below one half.",
	},
	{
		id: "tls-handshake", title: "pays for TLS handshakes", mechanism: "tls-handshake",
		concepts: []blame.Concept{blame.TLSHandshake}, min: 0.03, kLow: 0.7, kHigh: 0.9, certain: 0.8, basis: "measured: RSA-2048 signing is 37 to 70 % of a no-keep-alive service",
		advice: []string{"Keep connections alive and drain response bodies; share one http.Client or tls.Config with a ClientSessionCache ({line}); on servers use ECDSA P-256 certificates and session tickets."},
		doc:    "A full handshake costs a signature and a key exchange on both sides; a resumed or kept connection costs none.",
	},
	{
		id: "compress-new", title: "makes a new compressor for every message", mechanism: "pool-misuse",
		concepts: []blame.Concept{blame.CompressNew}, grouped: true, min: 0.02, kLow: 0.7, kHigh: 0.9, certain: 0.85, basis: measured,
		advice: []string{"Keep gzip.Writer and flate.Writer in a sync.Pool and Reset them at {line}: a new one allocates 0.8 MB (1.2 MB at level 1) and clears it."},
		doc:    "The state of a DEFLATE compressor is about a megabyte; making one per message costs more than compressing a small message.",
	},
	{
		id: "compress-level", title: "spends its time compressing", mechanism: "compression-level",
		concepts: []blame.Concept{blame.Compress}, min: 0.1, kLow: 0.3, kHigh: 0.7, certain: 0.6, basis: "estimate",
		advice: []string{"Use a lower level (gzip.BestSpeed), or zstd or klauspost/compress, for data made on the fly at {line}; compress static content once; do not compress below about 1 kB."},
		doc:    "Levels above 3 buy a few percent of size for several times the CPU.",
	},
	{
		id: "decompress-hot", title: "spends its time decompressing", mechanism: "redundant-work",
		concepts: []blame.Concept{blame.Decompress}, min: 0.1, kLow: 0.3, kHigh: 0.9, certain: 0.5, basis: "estimate",
		advice: []string{"Keep the decompressed form of data that is read repeatedly ({line}); bound the size of what is accepted."},
		doc:    "Inflating costs about 5 ms per MB; doing it for the same data repeatedly is waste, doing it for anyone's data unbounded is a risk.",
	},
	{
		id: "base64-hot", title: "encodes to and from base64 or hex on the hot path", mechanism: "string-conversion",
		concepts: []blame.Concept{blame.Base64}, min: 0.05, kLow: 0.3, kHigh: 0.8, certain: 0.5, basis: "estimate",
		advice: []string{"Keep binary data binary; use AppendEncode/Decode into a reused buffer at {line}."},
		doc:    "EncodeToString allocates twice (bytes and string) and grows data by a third or two.",
	},
	{
		id: "image-hot", title: "spends its time on images pixel by pixel", mechanism: "interface-boxing",
		concepts: []blame.Concept{blame.Image}, min: 0.08, kLow: 0.4, kHigh: 0.9, certain: 0.55, basis: "estimate",
		advice: []string{"Work on the concrete type's Pix slice (*image.RGBA, *image.NRGBA) instead of At/Set, which box a colour per pixel ({line})."},
		doc:    "image.Image.At returns an interface: one allocation and two dynamic calls per pixel.",
	},
}
