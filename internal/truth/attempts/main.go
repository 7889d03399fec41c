//go:build linux

// Command attempts does what it is told, a line at a time: "open PATH",
// "exec PATH ARG...", "connect NETWORK ADDRESS", "cd DIR", "times N open PATH".
// It answers each with the error as JSON, "" for none.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	fmt.Println("ready")
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer := ""
		if err := attempt(strings.Fields(lines.Text())); err != nil {
			answer = err.Error()
		}
		_ = answers.Encode(answer)
	}
}

func attempt(words []string) error {
	switch words[0] {
	case "open":
		return opens(words[1])
	case "exec":
		return executes(words[1:])
	case "connect":
		return connects(words[1], words[2])
	case "cd":
		return os.Chdir(words[1])
	case "times":
		n, err := strconv.Atoi(words[1])
		for range n {
			_ = attempt(words[2:])
		}
		return err
	}
	return fmt.Errorf("%s: unknown", words[0])
}

//go:noinline
func opens(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err == nil {
		_ = syscall.Close(fd)
	}
	return err
}

//go:noinline
func executes(args []string) error {
	return exec.Command(args[0], args[1:]...).Run()
}

//go:noinline
func connects(network, address string) error {
	c, err := net.DialTimeout(network, address, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err
}
