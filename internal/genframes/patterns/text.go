package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

func (b *bench) text() []func() {
	return []func(){
		b.concatLoop, b.concatFew, b.splitLines, b.splitFields, b.toLower, b.mapRunes, b.replaceAll, b.replacer, b.builderUnsized,
		b.containsWord, b.indexByte, b.equalFold, b.bytesToString, b.stringToBytes, b.stringToRunes, b.rangeString,
		b.sprintfInt, b.sprintfString, b.sprintfValue, b.sprintfStruct, b.sprintfFloat, b.errorWrap, b.fprintfWriter, b.sprint, b.sscanf,
		b.itoa, b.atoi, b.formatFloat, b.parseFloat, b.quote, b.scanLines, b.readStrings, b.readAll, b.bufferGrow, b.bigNumberText,
	}
}

func (b *bench) concatLoop() {
	s := ""
	for _, word := range b.words[:400] {
		s += word + " "
	}
	b.str = s
}

func (b *bench) concatFew() {
	for i := range 5_000 {
		b.str = b.words[i%100] + "/" + b.words[i%77] + ":" + b.words[i%13]
	}
}

func (b *bench) splitLines() {
	for range 20 {
		b.number += len(strings.Split(b.prose, " "))
	}
}

func (b *bench) splitFields() {
	for range 20 {
		b.number += len(strings.Fields(b.prose))
	}
}

func (b *bench) toLower() {
	for _, word := range b.words {
		b.str = strings.ToLower(word)
	}
}

func (b *bench) mapRunes() {
	b.str = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, b.prose)
}

func (b *bench) replaceAll() { b.str = strings.ReplaceAll(b.prose, "cart", "waggon") }

func (b *bench) replacer() {
	b.str = strings.NewReplacer("cart", "waggon", "brown", "red", "<", "&lt;").Replace(b.prose)
}

func (b *bench) builderUnsized() {
	var s strings.Builder
	for _, word := range b.words {
		s.WriteString(word)
		s.WriteByte(' ')
	}
	b.str = s.String()
}

func (b *bench) containsWord() {
	if strings.Contains(b.prose, "harbour master") {
		b.number++
	}
}

func (b *bench) indexByte() {
	b.number += strings.IndexByte(b.prose, '~') + bytes.Count(b.raw, []byte("e"))
}

func (b *bench) equalFold() {
	for i := range b.words[1:] {
		if strings.EqualFold(b.words[i], b.words[i+1]) {
			b.number++
		}
	}
}

func (b *bench) bytesToString() {
	for i := range 2_000 {
		b.str = string(b.raw[i : i+200])
	}
}

func (b *bench) stringToBytes() {
	for i := range 2_000 {
		b.raw2([]byte(b.prose[i : i+200]))
	}
}

func (b *bench) stringToRunes() {
	runes := []rune(b.prose)
	b.str = string(runes[:len(runes)-1])
}

func (b *bench) rangeString() {
	for _, r := range b.prose {
		b.number += int(r)
	}
}

func (b *bench) sprintfInt() {
	for i := range 2_000 {
		b.str = fmt.Sprintf("%d", i*1001)
	}
}

func (b *bench) sprintfString() {
	for i := range 2_000 {
		b.str = fmt.Sprintf("%s:%s", b.words[i%100], b.words[i%77])
	}
}

func (b *bench) sprintfValue() {
	for i := range 2_000 {
		b.str = fmt.Sprintf("%v %v", i, b.words[i%100])
	}
}

func (b *bench) sprintfStruct() {
	for range 500 {
		b.str = fmt.Sprintf("%+v", b.item)
	}
}

func (b *bench) sprintfFloat() {
	for i := range 2_000 {
		b.str = fmt.Sprintf("%.2f", float64(i)/7)
	}
}

func (b *bench) errorWrap() {
	base := errors.New("no such cart")
	for i := range 2_000 {
		b.sink = fmt.Errorf("find cart %d: %w", i, base)
	}
}

func (b *bench) fprintfWriter() {
	for i := range 2_000 {
		fmt.Fprintf(io.Discard, "%s %d\n", b.words[i%100], i)
	}
}

func (b *bench) sprint() {
	for i := range 2_000 {
		b.str = fmt.Sprint(i, b.words[i%100])
	}
}

func (b *bench) sscanf() {
	for range 200 {
		var n int
		var s string
		_ = must(fmt.Sscanf("35 carts", "%d %s", &n, &s))
	}
}

func (b *bench) itoa() {
	for i := range 5_000 {
		b.str = strconv.Itoa(i * 1001)
	}
}

func (b *bench) atoi() {
	for range 5_000 {
		b.number += must(strconv.Atoi("1234567"))
	}
}

func (b *bench) formatFloat() {
	for i := range 2_000 {
		b.str = strconv.FormatFloat(float64(i)/7, 'g', -1, 64)
	}
}

func (b *bench) parseFloat() {
	for range 2_000 {
		b.number += int(must(strconv.ParseFloat("12345.678901", 64)))
	}
}

func (b *bench) quote() {
	for _, word := range b.words {
		b.str = strconv.Quote(word)
	}
}

func (b *bench) scanLines() {
	for s := bufio.NewScanner(strings.NewReader(b.prose)); s.Scan(); {
		b.number += len(s.Bytes())
	}
	s := bufio.NewScanner(strings.NewReader(b.prose))
	s.Split(bufio.ScanWords)
	for s.Scan() {
		b.str = s.Text()
	}
}

func (b *bench) readStrings() {
	r := bufio.NewReader(strings.NewReader(b.prose))
	for {
		word, err := r.ReadString(' ')
		if err != nil {
			return
		}
		b.str = word
	}
}

func (b *bench) readAll() {
	b.number += len(must(io.ReadAll(bytes.NewReader(b.big[0][:1<<20]))))
}

func (b *bench) bufferGrow() {
	var buf bytes.Buffer
	for range 5_000 {
		buf.WriteString("a line of text\n")
	}
	b.number += buf.Len()
}

func (b *bench) bigNumberText() {
	n := new(big.Int).Exp(big.NewInt(7), big.NewInt(2_000), nil)
	b.str = n.String()
}
