package offcpu

import (
	"fmt"
	"runtime"
)

// syscallName is what a system call that can wait is called, by the number that
// it has on the architecture goperf runs on.
func syscallName(nr int32) string {
	names := amd64Calls
	if runtime.GOARCH == "arm64" {
		names = arm64Calls
	}
	if name, ok := names[nr]; ok {
		return name
	}
	return fmt.Sprintf("syscall %d", nr)
}

// From arch/x86/entry/syscalls/syscall_64.tbl.
var amd64Calls = map[int32]string{
	0: "read", 1: "write", 2: "open", 3: "close", 4: "stat", 5: "fstat", 6: "lstat", 7: "poll", 9: "mmap", 10: "mprotect",
	11: "munmap", 12: "brk", 16: "ioctl", 17: "pread64", 18: "pwrite64", 19: "readv", 20: "writev", 23: "select",
	24: "sched_yield", 25: "mremap", 26: "msync", 28: "madvise", 34: "pause", 35: "nanosleep", 40: "sendfile",
	42: "connect", 43: "accept", 44: "sendto", 45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 48: "shutdown", 56: "clone",
	59: "execve", 60: "exit", 61: "wait4", 72: "fcntl", 73: "flock", 74: "fsync", 75: "fdatasync", 77: "ftruncate",
	82: "rename", 83: "mkdir", 87: "unlink", 128: "rt_sigtimedwait", 130: "rt_sigsuspend", 149: "mlock", 202: "futex",
	208: "io_getevents", 209: "io_submit", 217: "getdents64", 230: "clock_nanosleep", 231: "exit_group",
	232: "epoll_wait", 234: "tgkill", 247: "waitid", 254: "inotify_add_watch", 257: "openat", 258: "mkdirat",
	262: "newfstatat", 263: "unlinkat", 264: "renameat", 270: "pselect6", 271: "ppoll", 275: "splice", 276: "tee",
	277: "sync_file_range", 281: "epoll_pwait", 285: "fallocate", 288: "accept4", 290: "eventfd2", 292: "dup3",
	293: "pipe2", 295: "preadv", 296: "pwritev", 299: "recvmmsg", 307: "sendmmsg", 316: "renameat2", 318: "getrandom",
	326: "copy_file_range", 332: "statx", 426: "io_uring_enter", 435: "clone3", 437: "openat2", 441: "epoll_pwait2",
}

// From include/uapi/asm-generic/unistd.h.
var arm64Calls = map[int32]string{
	2: "io_submit", 4: "io_getevents", 19: "eventfd2", 22: "epoll_pwait", 24: "dup3", 25: "fcntl",
	27: "inotify_add_watch", 29: "ioctl", 32: "flock", 34: "mkdirat", 35: "unlinkat", 38: "renameat", 46: "ftruncate",
	47: "fallocate", 56: "openat", 57: "close", 59: "pipe2", 61: "getdents64", 63: "read", 64: "write", 65: "readv",
	66: "writev", 67: "pread64", 68: "pwrite64", 69: "preadv", 70: "pwritev", 71: "sendfile", 72: "pselect6", 73: "ppoll",
	76: "splice", 77: "tee", 80: "fstat", 82: "fsync", 83: "fdatasync", 84: "sync_file_range", 93: "exit",
	94: "exit_group", 95: "waitid", 98: "futex", 101: "nanosleep", 115: "clock_nanosleep", 124: "sched_yield",
	131: "tgkill", 133: "rt_sigsuspend", 137: "rt_sigtimedwait", 202: "accept", 203: "connect", 206: "sendto",
	207: "recvfrom", 210: "shutdown", 211: "sendmsg", 212: "recvmsg", 214: "brk", 215: "munmap", 216: "mremap",
	220: "clone", 221: "execve", 222: "mmap", 226: "mprotect", 227: "msync", 228: "mlock", 233: "madvise", 242: "accept4",
	243: "recvmmsg", 260: "wait4", 269: "sendmmsg", 276: "renameat2", 278: "getrandom", 285: "copy_file_range",
	291: "statx", 426: "io_uring_enter", 435: "clone3", 437: "openat2", 441: "epoll_pwait2",
}
