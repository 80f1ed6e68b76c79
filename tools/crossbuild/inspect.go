package main

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// machines is what an ELF file for a Go architecture says it runs on.
var machines = map[string]elf.Machine{
	"amd64":   elf.EM_X86_64,
	"arm":     elf.EM_ARM,
	"arm64":   elf.EM_AARCH64,
	"ppc64le": elf.EM_PPC64,
	"riscv64": elf.EM_RISCV,
	"s390x":   elf.EM_S390,
}

// inspect checks a binary and returns its SHA-256.
func inspect(file string, t target) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	binary, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	if want := machines[t.arch]; binary.Machine != want {
		return "", fmt.Errorf("is for %s, want %s", binary.Machine, want)
	}
	for _, segment := range binary.Progs {
		if segment.Type == elf.PT_INTERP {
			return "", errors.New("needs a dynamic linker")
		}
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	if bytes.Contains(content, []byte(here+"/")) {
		return "", fmt.Errorf("holds the path %s", here)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}
