package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func (b *bench) files() []func() {
	return []func(){
		b.fileWriteSmall, b.fileFprintf, b.fileReadSmall, b.fileReadByte, b.fileStat, b.fileOpen, b.fileMissing, b.readDir, b.readFile, b.readFileLarge,
		b.walkDir, b.fileSync, b.writeFile,
	}
}

func (b *bench) file(name string, size int) string {
	path := filepath.Join(b.dir, name)
	if _, err := os.Stat(path); err != nil {
		check(os.WriteFile(path, b.big[0][:size], 0o600))
	}
	return path
}

func (b *bench) fileWriteSmall() {
	f := must(os.Create(filepath.Join(b.dir, "small")))
	defer f.Close()
	for range 1_000 {
		_ = must(f.Write(b.raw[:12]))
	}
}

func (b *bench) fileFprintf() {
	f := must(os.Create(filepath.Join(b.dir, "lines")))
	defer f.Close()
	for i := range 500 {
		fmt.Fprintf(f, "%d %s\n", i, b.words[i%100])
	}
}

func (b *bench) fileReadSmall() {
	f := must(os.Open(b.file("some", 32<<10)))
	defer f.Close()
	buf := make([]byte, 64)
	for n := 1; n > 0; {
		n, _ = f.Read(buf)
	}
}

func (b *bench) fileReadByte() {
	f := must(os.Open(b.file("few", 500)))
	defer f.Close()
	var one [1]byte
	for n := 1; n > 0; {
		n, _ = f.Read(one[:])
	}
}

func (b *bench) fileStat() {
	path := b.file("some", 32<<10)
	for range 200 {
		b.number += int(must(os.Stat(path)).Size())
	}
}

func (b *bench) fileOpen() {
	path := b.file("some", 32<<10)
	for range 100 {
		check(must(os.Open(path)).Close())
	}
}

func (b *bench) fileMissing() {
	for range 200 {
		if _, err := os.Stat(filepath.Join(b.dir, "not-here")); os.IsNotExist(err) {
			b.number++
		}
	}
}

func (b *bench) readDir() {
	b.tree()
	for range 20 {
		b.number += len(must(os.ReadDir(b.dir)))
	}
}

func (b *bench) readFile() {
	path := b.file("few", 500)
	for range 100 {
		b.number += len(must(os.ReadFile(path)))
	}
}

func (b *bench) readFileLarge() { b.number += len(must(os.ReadFile(b.file("much", 2<<20)))) }

// tree is a folder with some levels below it.
func (b *bench) tree() {
	for i := range 4 {
		path := filepath.Join(b.dir, fmt.Sprint("level", i), "below", "more")
		if _, err := os.Stat(path); err != nil {
			check(os.MkdirAll(path, 0o700))
		}
	}
}

func (b *bench) walkDir() {
	b.tree()
	for range 5 {
		check(filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
			b.number += len(path)
			return err
		}))
	}
}

func (b *bench) fileSync() {
	f := must(os.Create(filepath.Join(b.dir, "synced")))
	defer f.Close()
	for range 5 {
		_ = must(f.Write(b.raw[:100]))
		check(f.Sync())
	}
}

func (b *bench) writeFile() {
	path := filepath.Join(b.dir, "whole")
	for range 50 {
		check(os.WriteFile(path, b.raw[:500], 0o600))
	}
}
