# The sidecar image: the compiled binary on distroless, no shell, no package manager, uid 65532.
ARG DENO_VERSION=2.9.6

FROM docker.io/denoland/deno:${DENO_VERSION} AS build
WORKDIR /src
COPY deno.json deno.lock main.ts ./
COPY src ./src
RUN deno task compile:supervise
RUN mkdir -m 0700 /queue && mkdir -m 0755 /listen

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=65532:65532 /queue /run/supervise/queue
COPY --from=build --chown=65532:65532 /listen /run/supervise/listen
COPY --from=build /src/dist/supervise /usr/local/bin/supervise
ENV NO_COLOR=1
USER 65532:65532
EXPOSE 9100
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["/usr/local/bin/supervise", "--health"]
ENTRYPOINT ["/usr/local/bin/supervise"]
