package main

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"hash/crc32"
	"hash/fnv"
	"math/big"
	"math/rand"
	randv2 "math/rand/v2"
	"net"
	"time"
)

func (b *bench) cryptography() []func() {
	return []func(){
		b.randSeed, b.randGlobal, b.randLocked, b.randV2, b.cryptoRand, b.identifier, b.sha256Sum, b.sha512Sum, b.sha1Sum, b.md5Sum,
		b.crc32Sum, b.fnvSum, b.hmacSum, b.aesGCM, b.rsaSign, b.ecdsaSign, b.ecdsaVerify, b.handshakeRSA, b.handshakeECDSA, b.parseCertificate,
	}
}

// keys are a private key and a certificate for it.
type keys struct {
	signer crypto.Signer
	cert   tls.Certificate
	der    []byte
}

func newKeysRSA() (keys, error) {
	key, err := rsa.GenerateKey(crand.Reader, 2048)
	if err != nil {
		return keys{}, err
	}
	return newKeys(key)
}

func newKeysEC() (keys, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		return keys{}, err
	}
	return newKeys(key)
}

func newKeys(key crypto.Signer) (keys, error) {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(35), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(crand.Reader, t, t, key.Public(), key)
	if err != nil {
		return keys{}, err
	}
	return keys{signer: key, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, der: der}, nil
}

// trust is a client's view of the certificate.
func (k keys) trust() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(k.der)))
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func (b *bench) randSeed() {
	for i := range 50 {
		b.number += rand.New(rand.NewSource(int64(i))).Intn(100)
	}
}

func (b *bench) randGlobal() {
	together(4, func(int) {
		for range 5_000 {
			_ = rand.Intn(1000)
		}
	})
}

// randLocked is the global generator of old programs: seeded, with one lock.
func (b *bench) randLocked() {
	r := &lockedSource{source: rand.NewSource(1).(rand.Source64)}
	together(4, func(int) {
		for range 5_000 {
			_ = r.Int63()
		}
	})
}

func (b *bench) randV2() {
	for range 20_000 {
		b.number += randv2.IntN(1000)
	}
}

func (b *bench) cryptoRand() {
	buf := make([]byte, 32)
	for range 1_000 {
		_ = must(crand.Read(buf))
	}
}

// identifier is a random UUID as text.
func (b *bench) identifier() {
	for range 1_000 {
		var id [16]byte
		_ = must(crand.Read(id[:]))
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
		text := hex.EncodeToString(id[:])
		b.str = text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
	}
}

func (b *bench) sha256Sum() { b.sink = sha256.Sum256(b.big[0][:256<<10]) }

func (b *bench) sha512Sum() { b.sink = sha512.Sum512(b.big[0][:256<<10]) }

func (b *bench) sha1Sum() { b.sink = sha1.Sum(b.big[0][:256<<10]) }

func (b *bench) md5Sum() { b.sink = md5.Sum(b.big[0][:256<<10]) }

func (b *bench) crc32Sum() { b.number += int(crc32.ChecksumIEEE(b.big[0])) }

func (b *bench) fnvSum() {
	h := fnv.New64a()
	_ = must(h.Write(b.big[0][:64<<10]))
	b.number += int(h.Sum64())
}

func (b *bench) hmacSum() {
	for range 200 {
		h := hmac.New(sha256.New, b.raw[:32])
		_ = must(h.Write(b.raw[:256]))
		b.sink = h.Sum(nil)
	}
}

func (b *bench) aesGCM() {
	gcm := must(cipher.NewGCM(must(aes.NewCipher(b.big[0][:32]))))
	nonce := make([]byte, gcm.NonceSize())
	for range 20 {
		b.sink = gcm.Seal(nil, nonce, b.big[0][:16<<10], nil)
	}
}

func (b *bench) rsaSign() {
	sum := sha256.Sum256(b.raw[:100])
	b.sink = must(b.keysRSA.signer.Sign(crand.Reader, sum[:], crypto.SHA256))
}

func (b *bench) ecdsaSign() {
	sum := sha256.Sum256(b.raw[:100])
	for range 10 {
		b.sink = must(b.keysEC.signer.Sign(crand.Reader, sum[:], crypto.SHA256))
	}
}

func (b *bench) ecdsaVerify() {
	sum := sha256.Sum256(b.raw[:100])
	sig := must(b.keysEC.signer.Sign(crand.Reader, sum[:], crypto.SHA256))
	for range 10 {
		if ecdsa.VerifyASN1(b.keysEC.signer.Public().(*ecdsa.PublicKey), sum[:], sig) {
			b.number++
		}
	}
}

func (b *bench) handshakeRSA() { b.handshake(b.keysRSA) }

func (b *bench) handshakeECDSA() { b.handshake(b.keysEC) }

func (b *bench) handshake(k keys) {
	near, far := net.Pipe()
	client := tls.Client(near, k.trust())
	server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{k.cert}, SessionTicketsDisabled: true, MinVersion: tls.VersionTLS12})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	check(client.Handshake())
	check(<-done)
	_ = near.Close()
	_ = far.Close()
}

func (b *bench) parseCertificate() {
	for range 50 {
		b.sink = must(x509.ParseCertificate(b.keysEC.der))
	}
}
