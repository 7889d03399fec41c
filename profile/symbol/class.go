package symbol

import "strings"

// Class says whose code a function is.
type Class uint8

// The classes, from what a developer can change to what nobody can.
const (
	Own        Class = iota // the main module
	ThirdParty              // another module
	Std                     // the standard library
	Runtime                 // the Go runtime and what the compiler calls
	Native                  // C, assembly of unknown origin, the kernel
)

// String returns the name that reports use.
func (c Class) String() string {
	switch c {
	case Own:
		return "own"
	case ThirdParty:
		return "third party"
	case Std:
		return "stdlib"
	case Runtime:
		return "runtime"
	}
	return "native"
}

// stdRoots are the first path elements of GOROOT/src, Go 1.5 to 1.27.
var stdRoots = map[string]bool{
	"archive": true, "bufio": true, "bytes": true, "cmp": true, "compress": true, "container": true, "context": true,
	"crypto": true, "database": true, "debug": true, "embed": true, "encoding": true, "errors": true, "expvar": true,
	"flag": true, "fmt": true, "go": true, "hash": true, "html": true, "image": true, "index": true, "internal": true,
	"io": true, "iter": true, "log": true, "maps": true, "math": true, "mime": true, "net": true, "os": true,
	"path": true, "plugin": true, "reflect": true, "regexp": true, "runtime": true, "slices": true, "sort": true,
	"strconv": true, "strings": true, "structs": true, "sync": true, "syscall": true, "testing": true, "text": true,
	"time": true, "unicode": true, "unique": true, "unsafe": true, "uuid": true, "vendor": true, "weak": true,
	"simd": true,
}

// Classifier tells classes for one program. Main is the path of its main
// module, "" when unknown: then only package main counts as own.
type Classifier struct {
	Main string
}

// Of classifies a function by its name.
func (c Classifier) Of(name string) Class {
	pkg := Package(name)
	switch {
	case pkg == "":
		return bare(name)
	case pkg == "main" || c.Main != "" && (pkg == c.Main || strings.HasPrefix(pkg, c.Main+"/")):
		return Own
	}
	root, _, _ := strings.Cut(pkg, "/")
	switch {
	case pkg == "runtime" || strings.HasPrefix(pkg, "runtime/internal/") || strings.HasPrefix(pkg, "internal/runtime/") ||
		pkg == "_" || // closures of the runtime inlined elsewhere, from 1.27
		pkg == "internal/bytealg" || pkg == "internal/abi" || pkg == "internal/cpu" || pkg == "internal/chacha8rand":
		return Runtime
	case stdRoots[root]:
		return Std
	case strings.HasPrefix(pkg, "golang.org/x/sys/"), isPrimitive(pkg):
		return Std // thin doors to the kernel, cryptographic primitives: whoever calls them decides
	}
	return ThirdParty
}

// bare classifies names without a package: assembly of the runtime, or C.
func bare(name string) Class {
	if isExpander(name) {
		return Runtime
	}
	switch name {
	case "gcWriteBarrier", "aeshashbody", "memeqbody", "cmpbody", "indexbody", "indexbytebody", "countbody",
		"gogo", "callRet", "setg_gcc", "debugCall32", "gosave_systemstack_switch", "memhash", "memeq",
		"gcWriteBarrier1", "gcWriteBarrier2", "gcWriteBarrier3", "gcWriteBarrier4", "_rt0_amd64", "_rt0_amd64_linux", "strequal":
		return Runtime
	case "p256MulInternal", "p256SqrInternal":
		return Std // assembly of crypto/internal/fips140/nistec
	}
	return Native
}

// isPrimitive knows the packages of golang.org/x/crypto that are one algorithm.
func isPrimitive(pkg string) bool {
	rest, ok := strings.CutPrefix(pkg, "golang.org/x/crypto/")
	if !ok {
		return false
	}
	switch root, _, _ := strings.Cut(rest, "/"); root {
	case "bcrypt", "blowfish", "scrypt", "pbkdf2", "argon2", "sha3", "blake2b", "blake2s", "chacha20", "chacha20poly1305",
		"curve25519", "ed25519", "hkdf", "md4", "nacl", "poly1305", "ripemd160", "salsa20", "internal", "twofish", "xts":
		return true
	}
	return false
}
