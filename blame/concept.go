package blame

import (
	"strings"

	"github.com/goperf/goperf/profile/symbol"
)

// Concept is what a standard library or runtime function is for, whatever its
// name in one Go release: "map growth" is runtime.hashGrow up to 1.23 and
// internal/runtime/maps.(*table).rehash from 1.24.
type Concept string

// The concepts. None is a function that says nothing about why it was called.
const (
	None           Concept = ""
	OwnCode        Concept = "own-code" // the owner's own instructions
	Alloc          Concept = "alloc"
	AllocLarge     Concept = "alloc-large"
	GCAssist       Concept = "gc-assist"
	SliceGrow      Concept = "slice-grow"
	StringConcat   Concept = "string-concat"
	BytesString    Concept = "bytes-string"
	RuneString     Concept = "rune-string"
	Memmove        Concept = "memmove"
	Memclr         Concept = "memclr"
	StructCopy     Concept = "struct-copy"
	Boxing         Concept = "boxing"
	TypeAssert     Concept = "type-assert"
	MapGet         Concept = "map-get"
	MapAssign      Concept = "map-assign"
	MapGrow        Concept = "map-grow"
	MapIter        Concept = "map-iter"
	MapNew         Concept = "map-new"
	MapHash        Concept = "map-hash"
	WriteBarrier   Concept = "write-barrier"
	ChanOp         Concept = "chan"
	Select         Concept = "select"
	GoStart        Concept = "go-start"
	GoSched        Concept = "gosched"
	StackGrow      Concept = "stack-grow"
	DeferLoop      Concept = "defer"
	Panic          Concept = "panic"
	CallerLookup   Concept = "caller-lookup"
	StackDump      Concept = "stack-dump"
	ForcedGC       Concept = "forced-gc"
	ReadMemStats   Concept = "read-mem-stats"
	RuntimeMetrics Concept = "runtime-metrics"
	Finalizer      Concept = "finalizer"
	Cgo            Concept = "cgo"
	MutexLock      Concept = "mutex"
	RWMutexLock    Concept = "rwmutex"
	CondWait       Concept = "cond-wait"
	SyncMap        Concept = "sync-map"
	SyncPool       Concept = "sync-pool"
	SyncOnce       Concept = "sync-once"
	Atomic         Concept = "atomic"
	Context        Concept = "context"
	ContextValue   Concept = "context-value"
	RegexpCompile  Concept = "regexp-compile"
	RegexpMatch    Concept = "regexp-match"
	TemplateParse  Concept = "template-parse"
	TemplateExec   Concept = "template-exec"
	CertLoad       Concept = "cert-load"
	JSON           Concept = "json"
	JSONIndent     Concept = "json-indent"
	XML            Concept = "xml"
	Gob            Concept = "gob"
	CSV            Concept = "csv"
	BinaryReflect  Concept = "binary-reflect"
	ASN1           Concept = "asn1"
	GoParse        Concept = "go-parse"
	Fmt            Concept = "fmt"
	FmtScan        Concept = "fmt-scan"
	Errors         Concept = "errors"
	Log            Concept = "log"
	Strconv        Concept = "strconv"
	BigString      Concept = "big-string"
	BigMath        Concept = "big-math"
	StringSplit    Concept = "string-split"
	StringCase     Concept = "string-case"
	StringReplace  Concept = "string-replace"
	ReplacerUse    Concept = "replacer-use"
	StringSearch   Concept = "string-search"
	StringBuild    Concept = "string-build"
	StringRepeat   Concept = "string-repeat"
	StringMisc     Concept = "string-misc"
	UTF8           Concept = "utf8"
	BufferGrow     Concept = "buffer-grow"
	Sort           Concept = "sort"
	SortReflect    Concept = "sort-reflect"
	Slices         Concept = "slices"
	ListHeap       Concept = "container"
	Reflect        Concept = "reflect"
	DeepEqual      Concept = "deep-equal"
	TimeNow        Concept = "time-now"
	TimeFormat     Concept = "time-format"
	TimeZone       Concept = "time-zone"
	Timer          Concept = "timer"
	Sleep          Concept = "sleep"
	RandGlobal     Concept = "rand-global"
	RandSeed       Concept = "rand-seed"
	Rand           Concept = "rand"
	CryptoRand     Concept = "crypto-rand"
	CryptoHash     Concept = "crypto-hash"
	Hash           Concept = "hash"
	Crypto         Concept = "crypto"
	TLS            Concept = "tls"
	TLSHandshake   Concept = "tls-handshake"
	X509           Concept = "x509"
	CompressNew    Concept = "compress-new"
	Compress       Concept = "compress"
	Decompress     Concept = "decompress"
	Base64         Concept = "base64"
	URLParse       Concept = "url-parse"
	MIMEHeader     Concept = "mime-header"
	HTTPServer     Concept = "http-server"
	HTTPClient     Concept = "http-client"
	Dial           Concept = "dial"
	DNS            Concept = "dns"
	NetAddr        Concept = "net-addr"
	NetIfs         Concept = "net-interfaces"
	NetRead        Concept = "net-read"
	NetWrite       Concept = "net-write"
	FileOpen       Concept = "file-open"
	FileStat       Concept = "file-stat"
	FileReadWhole  Concept = "file-read-whole"
	FileRead       Concept = "file-read"
	FileWrite      Concept = "file-write"
	FileSync       Concept = "file-sync"
	DirRead        Concept = "dir-read"
	Exec           Concept = "exec"
	ReadAll        Concept = "read-all"
	Bufio          Concept = "bufio"
	BufioNew       Concept = "bufio-new"
	Scanner        Concept = "scanner"
	Syscall        Concept = "syscall"
	SQL            Concept = "sql"
	Image          Concept = "image"
	FilePath       Concept = "filepath"
	OSEnv          Concept = "os-env"
	ProfilerSelf   Concept = "profiler"
)

// conceptRow gives a concept to functions of one package. A local name that
// ends in * is a prefix; "*" alone is the whole package; a package that ends in
// /... is a tree. The first row that matches wins.
type conceptRow struct {
	concept Concept
	pkg     string
	names   string // separated by spaces
}

type conceptIndex struct {
	exact map[string][]conceptRow
	trees []conceptRow
}

func newConceptIndex() *conceptIndex {
	ix := &conceptIndex{exact: map[string][]conceptRow{}}
	for _, r := range conceptTable {
		if tree, ok := strings.CutSuffix(r.pkg, "/..."); ok {
			ix.trees = append(ix.trees, conceptRow{r.concept, tree, r.names})
			continue
		}
		ix.exact[r.pkg] = append(ix.exact[r.pkg], r)
	}
	return ix
}

// of finds the concept of a function name.
func (ix *conceptIndex) of(name string) Concept {
	pkg, local := symbol.Split(name)
	if i := strings.IndexByte(local, '['); i >= 0 {
		if j := strings.LastIndexByte(local, ']'); j > i {
			local = local[:i] + local[j+1:]
		}
	}
	for _, r := range ix.exact[pkg] {
		if matchLocal(r.names, local) {
			return r.concept
		}
	}
	for _, r := range ix.trees {
		if (pkg == r.pkg || strings.HasPrefix(pkg, r.pkg+"/")) && matchLocal(r.names, local) {
			return r.concept
		}
	}
	return None
}

func matchLocal(names, local string) bool {
	for n := range strings.SplitSeq(names, " ") {
		if prefix, ok := strings.CutSuffix(n, "*"); ok {
			if strings.HasPrefix(local, prefix) {
				return true
			}
		} else if n == local {
			return true
		}
	}
	return false
}
