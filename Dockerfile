# syntax=docker/dockerfile:1

# The digests of the images this one is made from are in the provenance of each
# release. Their versions are written out, because Dependabot reads no ARG.
FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.9.0 AS xx

# The compiler always runs on the builder's own platform; xx points it at the
# platform the image is for.
FROM --platform=$BUILDPLATFORM golang:1.26.8-alpine3.24 AS compiler
COPY --from=xx / /
RUN apk add --no-cache file gzip tar
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
WORKDIR /src

FROM compiler AS modules
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=bind,source=go.mod,target=go.mod \
    --mount=type=bind,source=go.sum,target=go.sum \
    go mod download

# patchqueue puts upstream with our patches into the module's place, as make
# does; what it writes into the checkout goes with this step.
#
# VERSION and REVISION come from the bake file, not from git inside the build:
# the same arguments give the same bytes whatever else is in the checkout.
FROM modules AS build
ARG TARGETPLATFORM
ARG VERSION=v0.0.0-unreleased
ARG REVISION=unknown
ARG STAMP=github.com/distribution/distribution/v3/version
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    --mount=type=bind,target=/src,rw \
    GOWORK=off go run ./tools/patchqueue apply && \
    xx-go build -trimpath -o /out/registry \
      -ldflags "-s -w -X ${STAMP}.version=${VERSION} -X ${STAMP}.revision=${REVISION} -X ${STAMP}.mainpkg=github.com/distribution-azure/distribution/v3" \
      ./cmd/registry && \
    xx-verify --static /out/registry

# What both images hold besides the binary. registry:3 is started through
# /entrypoint.sh, and some deployments name it: the link leads them to the
# binary, which understands that script's arguments (cmd/registry/arguments.go).
FROM compiler AS files
RUN --mount=type=bind,source=deploy/image/config.yml,target=/config.yml \
    install -D -m 0644 /config.yml /files/etc/distribution/config.yml && \
    ln -s /bin/registry /files/entrypoint.sh && \
    install -d -m 1777 /files/var/lib/registry && \
    install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /static/etc/ssl/certs/ca-certificates.crt

FROM scratch AS binary
COPY --from=build /out/registry /registry

# One archive and its checksum for each platform. Names, owners, modes and
# dates in it are fixed, so that it is reproducible too.
FROM compiler AS archive
ARG TARGETOS TARGETARCH TARGETVARIANT
ARG VERSION=v0.0.0-unreleased
ARG SOURCE_DATE_EPOCH=0
WORKDIR /archive
SHELL ["/bin/ash", "-eo", "pipefail", "-c"]
RUN --mount=type=bind,from=binary,target=/binary \
    --mount=type=bind,target=/src \
    name="registry_${VERSION#v}_${TARGETOS}_${TARGETARCH}${TARGETVARIANT}.tar.gz" && \
    cp /binary/registry /src/README.md /src/LICENSE /src/NOTICE /src/CHANGELOG.md . && \
    mkdir /out && \
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=a+rX,u+w,go-w \
      --mtime="@${SOURCE_DATE_EPOCH}" -cf - -- * | gzip -n -9 > "/out/${name}" && \
    cd /out && sha256sum "${name}" > "${name}.sha256"

FROM scratch AS artifact
COPY --from=archive /out/ /

# The smaller image: no shell, no package manager, nothing but the binary, its
# configuration and the certificates.
FROM scratch AS static
COPY --from=files /static/ /
COPY --from=files /files/ /
COPY --from=binary /registry /bin/registry
ENV PATH=/bin OTEL_TRACES_EXPORTER=none
VOLUME ["/var/lib/registry"]
EXPOSE 5000 5001
ENTRYPOINT ["registry"]
CMD ["serve", "/etc/distribution/config.yml"]

# The default image, on Alpine like both stock images.
FROM alpine:3.24 AS alpine
RUN apk add --no-cache ca-certificates
COPY --from=files /files/ /
COPY --from=binary /registry /bin/registry
ENV OTEL_TRACES_EXPORTER=none
VOLUME ["/var/lib/registry"]
EXPOSE 5000 5001
ENTRYPOINT ["registry"]
CMD ["serve", "/etc/distribution/config.yml"]
