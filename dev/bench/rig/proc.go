package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// Memory is what a process holds.
type Memory struct {
	Resident int64 // bytes now
	Peak     int64 // bytes at most so far
}

// MemoryOf reads /proc/<pid>/status; there is none but on Linux.
func MemoryOf(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, fmt.Errorf("read the memory of a process: %w", err)
	}
	return Memory{Resident: kilobytes(string(text), "VmRSS:"), Peak: kilobytes(string(text), "VmHWM:")}, nil
}

func kilobytes(status, name string) int64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			number, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return number << 10
		}
	}
	return 0
}

// stat is the part of /proc/<pid>/stat that is looked at.
type stat struct {
	parent int
	cpu    time.Duration // of the process
	reaped time.Duration // of its children that have ended
}

func statOf(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, fmt.Errorf("read the CPU time of a process: %w", err)
	}
	return parseStat(string(text))
}

func parseStat(text string) (stat, error) {
	// The second field is a name in parentheses that may hold anything.
	_, rest, ok := strings.Cut(text[strings.LastIndex(text, ")")+1:], " ")
	fields := strings.Fields(rest)
	const userField, last = 11, 14 // counted from the state, which is the third
	if !ok || len(fields) <= last {
		return stat{}, fmt.Errorf("read the CPU time of a process: %q is no stat line", text)
	}
	var numbers [4]int64
	for i := range numbers {
		numbers[i], _ = strconv.ParseInt(fields[userField+i], 10, 64)
	}
	parent, _ := strconv.Atoi(fields[1])
	return stat{
		parent: parent, cpu: time.Duration(numbers[0]+numbers[1]) * tick, reaped: time.Duration(numbers[2]+numbers[3]) * tick,
	}, nil
}

// ParentOf is the process that started another.
func ParentOf(pid int) (int, error) {
	of, err := statOf(pid)
	return of.parent, err
}

// CPUOf is the CPU time of a process, and of its children when they are asked for too.
func CPUOf(pid int, children bool) (time.Duration, error) {
	own, err := statOf(pid)
	if err != nil || !children {
		return own.cpu, err
	}
	total := own.cpu + own.reaped
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, fmt.Errorf("list processes: %w", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // Of /proc.
		if err != nil {
			continue // ended meanwhile
		}
		if child, err := parseStat(string(text)); err == nil && child.parent == pid {
			total += child.cpu
		}
	}
	return total, nil
}
