# starter, worker, dakactl and simulator in one image: static programs on nothing, run as nobody in particular.
# They are built here; a release gives its own, built already, with --build-arg PROGRAMS=given.
ARG PROGRAMS=build

FROM golang:1.26.8-bookworm AS files
RUN mkdir -p /out/etc/ssl/certs /out/state \
 && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
 && cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /out/zoneinfo.zip

FROM files AS build
WORKDIR /src
COPY go.mod go.sum ./
ENV GOWORK=off CGO_ENABLED=0
RUN go mod download
COPY . .
# What --version says; they may be left out.
ARG RELEASE REVISION
RUN go build -trimpath -ldflags "-s -w -X dakasync/ops.release=$RELEASE -X dakasync/ops.revision=$REVISION" -o /programs/ ./starter ./worker ./dakactl ./simulator

FROM scratch AS given
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/ /programs/

FROM $PROGRAMS AS programs

# A static wget, for health checks.
FROM busybox:1.37.0-musl AS busybox

FROM scratch
COPY --from=files --chown=65532:65532 /out/ /
COPY --from=programs /programs/ /bin/
COPY --from=busybox /bin/wget /bin/wget
ENV PATH=/bin ZONEINFO=/zoneinfo.zip
USER 65532:65532
ENTRYPOINT ["/bin/worker"]
