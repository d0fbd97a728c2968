# The binary and nothing else: it reads what is mounted, and opens no connection.
#   docker run --rm --volume "$PWD:/repository:ro" mlgitops/mlgitops lint
# The release puts the static binary of each platform beside this file.
FROM scratch
ARG TARGETARCH
COPY --chmod=0755 dist/linux-${TARGETARCH}/mlgitops /mlgitops
# Git trusts a folder of another user only where it is told to.
COPY packaging/gitconfig /etc/gitconfig
COPY LICENSE NOTICE /
WORKDIR /repository
USER 65532:65532
ENTRYPOINT ["/mlgitops"]
CMD ["lint"]
