package rules

import "github.com/goperf/goperf/blame"

// measured is the basis of every k in this package that is not marked otherwise.
const measured = "before/after micro-benchmarks on Go 1.26"

// textCalls are about strings, formatting and patterns.
var textCalls = []hotCall{
	{
		id: "regexp-compile", title: "compiles regular expressions on the hot path", mechanism: "regexp-compile",
		concepts: []blame.Concept{blame.RegexpCompile}, grouped: true, min: 0.01, kLow: 0.85, kHigh: 0.96, certain: 0.95, basis: measured,
		advice: []string{
			"Compile once: move the pattern of {callee} ({line}) into a package variable `var re = regexp.MustCompile(...)`, or compile it where {func} is configured and keep the *regexp.Regexp.",
			"If patterns come from data, keep compiled ones in a bounded map keyed by the pattern.",
			"Note that regexp.MatchString compiles its pattern on every call.",
		},
		doc: "A regular expression costs microseconds to compile and tens of nanoseconds to match. Compiling inside a request handler or a loop pays the first price for every use of the second.",
	},
	{
		id: "regexp-hot-path", title: "spends its time matching regular expressions", mechanism: "regexp-hot-path",
		concepts: []blame.Concept{blame.RegexpMatch}, min: 0.04, kLow: 0.4, kHigh: 0.95, certain: 0.75, basis: measured,
		advice: []string{
			"Replace {callee} in {func} ({line}) by what the pattern really needs: strings.HasPrefix, strings.Cut, strings.IndexByte or a loop over bytes.",
			"Where a pattern is needed, anchor it (^), begin it with a literal, and test a cheap necessary condition first.",
		},
		doc: "Go's regexp runs in linear time but simulates the automaton step by step; a byte loop or a strings function is 10 to 50 times cheaper for simple patterns.",
	},
	{
		id: "sprintf-hot", title: "formats with fmt on the hot path", mechanism: "fmt-hot-path",
		concepts: []blame.Concept{blame.Fmt}, min: 0.04, kLow: 0.55, kHigh: 0.75, certain: 0.75, basis: measured,
		advice: []string{
			"Replace {callee} at {line} by strconv.Append*, strconv.Itoa or concatenation; append into one []byte that is reused.",
			"If the text is only needed sometimes (a log level, an error that is dropped), do not build it until then.",
		},
		doc: "fmt parses its format and inspects each operand through reflection; strconv and concatenation do the same conversion for a third of the price.",
	},
	{
		id: "errors-hot", title: "builds error values on the hot path", mechanism: "fmt-hot-path",
		concepts: []blame.Concept{blame.Errors}, min: 0.03, kLow: 0.6, kHigh: 0.9, certain: 0.65, basis: measured,
		advice: []string{"Return a package-level sentinel (errors.New once) from {func} ({line}) where callers only test the error, or a small error struct that formats itself when asked."},
		doc:    "fmt.Errorf formats even when nobody prints the error. Where errors are an ordinary outcome (a lookup that misses), a sentinel value is free.",
	},
	{
		id: "sscanf-hot", title: "parses with fmt.Sscan on the hot path", mechanism: "fmt-hot-path",
		concepts: []blame.Concept{blame.FmtScan}, min: 0.02, kLow: 0.8, kHigh: 0.95, certain: 0.85, basis: "estimate: Sscanf reads rune by rune through interfaces",
		advice: []string{"Parse with strconv, strings.Cut and indexes instead of {callee} at {line}."},
		doc:    "The Sscan family reads one rune at a time through an interface and recovers from panics; strconv is an order of magnitude faster.",
	},
	{
		id: "string-split", title: "splits strings into slices that it does not keep", mechanism: "string-split",
		concepts: []blame.Concept{blame.StringSplit}, min: 0.03, kLow: 0.6, kHigh: 0.95, certain: 0.8, basis: measured,
		advice: []string{
			"Use strings.Cut, strings.IndexByte or the iterators strings.SplitSeq and FieldsSeq (Go 1.24) instead of {callee} at {line}: no slice is allocated.",
			"If the input comes from outside, bound the number of parts (strings.SplitN) before anything is allocated: one long input of separators allocates 16 bytes for each.",
		},
		doc: "strings.Split allocates a slice of all parts, though callers mostly want one or two of them, and its size is chosen by whoever sends the input.",
	},
	{
		id: "string-case", title: "converts case on the hot path", mechanism: "string-conversion",
		concepts: []blame.Concept{blame.StringCase}, min: 0.03, kLow: 0.5, kHigh: 0.75, certain: 0.7, basis: measured,
		advice: []string{"For comparison use strings.EqualFold; otherwise convert once where the value enters, not at {line}."},
		doc:    "ToLower and ToUpper allocate when anything changes and decode runes; EqualFold compares in place.",
	},
	{
		id: "string-replace", title: "rewrites strings on the hot path", mechanism: "string-conversion",
		concepts: []blame.Concept{blame.StringReplace}, min: 0.03, kLow: 0.4, kHigh: 0.8, certain: 0.65, basis: "estimate",
		advice: []string{"Build a strings.Replacer once as a package variable, or write into one strings.Builder; skip {callee} at {line} when strings.IndexByte finds nothing to replace."},
		doc:    "Each strings.ReplaceAll scans and copies the whole string; a chain of them does so once per pattern. Building a Replacer per call costs more than using it.",
	},
	{
		id: "string-search", title: "searches through strings for most of its time", mechanism: "linear-scan",
		concepts: []blame.Concept{blame.StringSearch}, min: 0.08, kLow: 0.3, kHigh: 0.9, certain: 0.6, basis: "estimate",
		advice: []string{
			"Ask why {func} has to look through the text ({line}) this often: keep the position of the last hit, search for all needles in one pass, or index the data by the key (a map, a sorted slice).",
		},
		doc: "Byte search is fast (vector instructions); when it dominates a profile, the same data is being searched again and again: once per element, per rule or per request.",
	},
	{
		id: "string-concat", title: "builds strings by repeated concatenation", mechanism: "string-concat",
		concepts: []blame.Concept{blame.StringConcat}, min: 0.03, kLow: 0.6, kHigh: 0.93, certain: 0.85, basis: measured,
		advice: []string{"Write into a strings.Builder (with Grow when the size is known) instead of s += at {line}: each += copies everything written so far."},
		doc:    "In a loop, s += x copies the whole string every time: quadratic work and one allocation for each step.",
		refine: concatInLoop,
	},
	{
		id: "bytes-string", title: "converts between []byte and string on the hot path", mechanism: "string-conversion",
		concepts: []blame.Concept{blame.BytesString}, min: 0.03, kLow: 0.7, kHigh: 0.95, certain: 0.75, basis: measured,
		advice: []string{"Keep one representation through {func} ({line}): bytes.* functions for []byte, io.WriteString for strings; map lookups, comparisons and range over string(b) are free, stored conversions are not."},
		doc:    "Each conversion allocates and copies. The compiler removes it only for map indexing, comparison, concatenation and range.",
	},
	{
		id: "rune-string", title: "converts between runes and strings on the hot path", mechanism: "string-conversion",
		concepts: []blame.Concept{blame.RuneString}, min: 0.04, kLow: 0.4, kHigh: 0.7, certain: 0.65, basis: "estimate",
		advice: []string{"Range over the string or use utf8.AppendRune; take the ASCII case first with a byte comparison at {line}."},
		doc:    "[]rune(s) and string(r) allocate and decode; most text is ASCII and can be handled bytewise.",
	},
	{
		id: "number-text", title: "converts numbers to and from text on the hot path", mechanism: "string-conversion",
		concepts: []blame.Concept{blame.BigString, blame.Strconv}, min: 0.05, kLow: 0.5, kHigh: 0.9, certain: 0.75, basis: "estimate",
		advice: []string{
			"Do not go through decimal text in {func} ({line}) to learn something a number can tell: digits, sign and magnitude come from comparisons, math/bits or (*big.Int).BitLen.",
			"Where text is needed, append with strconv.Append* into a reused buffer.",
		},
		doc: "Converting to decimal text divides repeatedly (for big.Int: multi-word divisions and allocations). It is often done only to count digits, compare or hash.",
	},
	{
		id: "string-build", title: "assembles strings on the hot path", mechanism: "excessive-alloc",
		concepts: []blame.Concept{blame.StringBuild, blame.StringRepeat, blame.StringMisc}, min: 0.05, kLow: 0.3, kHigh: 0.65, certain: 0.6, basis: measured,
		advice: []string{"Call Grow with the final size before writing at {line}; build into a buffer that is kept between calls; or do not build the string when the caller can take the parts."},
		doc:    "A builder that grows step by step allocates a dozen times and copies everything twice.",
	},
	{
		id: "buffer-grow", title: "grows byte buffers from nothing on every call", mechanism: "slice-growth",
		concepts: []blame.Concept{blame.BufferGrow, blame.ReadAll}, min: 0.05, kLow: 0.4, kHigh: 0.8, certain: 0.6, basis: measured,
		advice: []string{"Reuse a bytes.Buffer (Reset, sync.Pool) or give it its size at {line}; for io.ReadAll with a known length use io.ReadFull into a sized slice, or stream."},
		doc:    "bytes.Buffer and io.ReadAll start small and double: every large message is copied several times on the way.",
	},
	{
		id: "slices-search", title: "scans or edits slices for most of its time", mechanism: "linear-scan",
		concepts: []blame.Concept{blame.Slices, blame.ListHeap}, min: 0.05, kLow: 0.4, kHigh: 0.9, certain: 0.6, basis: "estimate",
		advice: []string{"Keep a map or a sorted slice beside the data that {func} looks through with {callee} ({line})."},
		doc:    "slices.Contains, Index, Insert and Delete are linear; on the hot path they want an index.",
	},
}
