// Targets carry upstream's names where upstream has one. `make image` and the
// workflows pass the variables; every one can be set in the environment.

variable "VERSION" {
  description = "Version to stamp into the binary, as v3.1.2-azure.1."
  default     = "v0.0.0-unreleased"
}

variable "REVISION" {
  description = "Full commit id that is being built."
  default     = "unknown"
}

variable "SOURCE_DATE_EPOCH" {
  description = "Seconds since 1970 of that commit: the date of every file in the images and archives."
  default     = "0"
}

variable "TAGS" {
  description = "Full names of the image, separated by commas: tools/release says which a release has."
  default     = "registry-azure:local"
}

variable "STATIC_TAGS" {
  description = "The same for the image without a shell."
  default     = "registry-azure:local-static"
}

variable "SOURCE_URL" {
  description = "Where the sources are."
  default     = "https://github.com/distribution-azure/distribution"
}

group "default" {
  targets = ["image-local"]
}

target "_platforms" {
  platforms = [
    "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6",
    "linux/ppc64le", "linux/riscv64", "linux/s390x",
  ]
}

target "_build" {
  args = {
    VERSION           = VERSION
    REVISION          = REVISION
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
  }
}

// The binary for the builder's own platform, in bin/.
target "binary" {
  inherits = ["_build"]
  target   = "binary"
  output   = ["type=local,dest=bin"]
}

// An archive of it with its checksum, in bin/.
target "artifact" {
  inherits = ["_build"]
  target   = "artifact"
  output   = ["type=local,dest=bin"]
}

target "artifact-all" {
  inherits = ["artifact", "_platforms"]
}

// The only place that decides labels. All of them follow from the commit, so
// that a second build of it has the same digest.
target "_labels" {
  labels = {
    "org.opencontainers.image.title"    = "distribution-azure"
    "org.opencontainers.image.source"   = SOURCE_URL
    "org.opencontainers.image.created"  = timeadd("1970-01-01T00:00:00Z", "${SOURCE_DATE_EPOCH}s")
    "org.opencontainers.image.version"  = trimprefix(VERSION, "v")
    "org.opencontainers.image.revision" = REVISION
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
}

target "image" {
  inherits = ["_build", "_labels"]
  target   = "alpine"
  tags     = split(",", TAGS)
}

target "image-static" {
  inherits = ["_build", "_labels"]
  target   = "static"
  tags     = split(",", STATIC_TAGS)
}

target "image-local" {
  inherits = ["image"]
  output   = ["type=docker,rewrite-timestamp=true"]
}

target "image-static-local" {
  inherits = ["image-static"]
  output   = ["type=docker,rewrite-timestamp=true"]
}

// What is published: every platform, with a software bill of materials and
// with provenance, and with the commit's date on every file.
target "_published" {
  inherits = ["_platforms"]
  attest = [
    "type=provenance,mode=max",
    "type=sbom",
  ]
  output = ["type=image,rewrite-timestamp=true"]
}

target "image-all" {
  inherits = ["image", "_published"]
}

target "image-static-all" {
  inherits = ["image-static", "_published"]
}
