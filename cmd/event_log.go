package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// maxEventLog is how large a log of events grows before it is put aside and
// begun anew: with the one put aside, there are never more than twice as many bytes.
const maxEventLog = 64 << 20

// eventLog is a file of events, one line of JSON each. It is appended to, and
// its lines are written as they come, each with one write. A full one is renamed
// to NAME.1, which replaces the one before it.
type eventLog struct {
	mu   sync.Mutex
	name string
	path string
	file *os.File
	size int64
	max  int64
	err  error // the first one
}

func openEventLog(env Env, name string) (*eventLog, error) {
	if name == "" {
		return &eventLog{}, nil
	}
	l := &eventLog{name: name, path: env.path(name), max: maxEventLog}
	if err := l.open(); err != nil {
		return nil, writeError(name, err)
	}
	return l, nil
}

func (l *eventLog) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	l.file, l.size = f, 0
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		l.size = info.Size()
	}
	return nil
}

func (l *eventLog) add(event any) {
	if l.path == "" {
		return
	}
	line, err := json.Marshal(event)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		err = l.write(append(line, '\n'))
	}
	if l.err == nil {
		l.err = err
	}
}

func (l *eventLog) write(line []byte) error {
	if l.size > 0 && l.size+int64(len(line)) > l.max {
		if err := l.turn(); err != nil {
			return err
		}
	}
	if l.file == nil {
		return os.ErrClosed
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	return err
}

// turn puts the full file aside. What is no file, a pipe say, is never full.
func (l *eventLog) turn() error {
	if info, err := l.file.Stat(); err != nil || !info.Mode().IsRegular() {
		l.size = 0
		return err
	}
	err := errors.Join(l.file.Close(), os.Rename(l.path, l.path+".1"))
	l.file = nil
	return errors.Join(err, l.open())
}

func (l *eventLog) close() error {
	if l.path == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	if l.err != nil {
		err = l.err
	}
	if err != nil {
		return fmt.Errorf("%s: not all events could be written: %w", l.name, reason(err))
	}
	return nil
}
