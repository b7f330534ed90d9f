# starter, worker, dakactl and simulator in one image: static programs on nothing, run as nobody in particular.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
ENV GOWORK=off CGO_ENABLED=0
RUN go mod download
COPY . .
RUN go build -trimpath -ldflags '-s -w' -o /out/bin/ ./starter ./worker ./dakactl ./simulator \
 && mkdir -p /out/etc/ssl/certs /out/state \
 && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
 && cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /out/zoneinfo.zip

# A static wget, for health checks.
FROM busybox:1.37.0-musl AS busybox

FROM scratch
COPY --from=build --chown=65532:65532 /out/ /
COPY --from=busybox /bin/wget /bin/wget
ENV PATH=/bin ZONEINFO=/zoneinfo.zip
USER 65532:65532
ENTRYPOINT ["/bin/worker"]
