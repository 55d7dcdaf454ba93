#!/usr/bin/env bash
# Brings llm-services-compose.yml up in a fresh folder (podman, no daemon, no registry, no key, no internet but for npm and
# debootstrap the first time), makes one call, and checks what the file promises. Containers, images, volumes and networks
# live in a temporary folder of their own: yours are not touched, nothing is left behind. Takes one to two minutes.
#   BASE_IMAGE=…   an image with Node >= 20.19 and Python 3, instead of one made of this machine's Node and Debian
# What is kept: base image and npm's cache, in ${XDG_CACHE_HOME:-~/.cache}/llm-proxy-try. Exit 0 passed or skipped, 1 failed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

skip() { printf 'SKIPPED: the sidecar was not tried: %s\n' "$*"; exit 0; }
for tool in podman buildah runc podman-compose iptables openssl curl; do
  command -v "$tool" >/dev/null 2>&1 || skip "$tool is missing (apt-get install podman buildah runc podman-compose netavark aardvark-dns iptables openssl curl)"
done
for tool in netavark aardvark-dns; do
  [ -x "/usr/lib/podman/$tool" ] || [ -x "/usr/libexec/podman/$tool" ] || skip "$tool is missing (apt-get install $tool)"
done
[ "$(id -u)" = 0 ] || skip "it makes networks and owners of its own, which takes root"

work=$(mktemp -d)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/llm-proxy-try"
app="$work/app"
project="llmproxytry$$"
port_admin=18081 port_service=18000
canary='sidecar-canary-0123456789abcdef' # in docker/try/compose.override.yml
mkdir -p "$cache/npm" "$work/networks"

# runc and low limits, for machines without CAP_SYS_RESOURCE; netavark for names.
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "$work/networks"
CONF
printf '[storage]\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$work" "$work" >"$work/storage.conf"
export CONTAINERS_CONF="$work/containers.conf" CONTAINERS_STORAGE_CONF="$work/storage.conf" STORAGE_DRIVER=overlay BUILDAH_ISOLATION=chroot
# overlay needs the file system's help; vfs copies every layer, and works anywhere.
podman info >/dev/null 2>&1 || { export STORAGE_DRIVER=vfs; rm -rf "$work/storage"; }
# A user of no passwd entry, and not the default one.
export LLM_PROXY_UID=12345 LLM_PROXY_GID=23456

proxy="${project}_llm-proxy_1" service="${project}_llm-service_1" init="${project}_llm-proxy-init_1"
say() { printf '== %s\n' "$*"; }
ok() { printf '   ok: %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; grep -i error "$work/compose.log" 2>/dev/null | tail -5 || true; podman logs "$proxy" 2>&1 | tail -20 || true; exit 1; }
pause() { read -rt "$1" <> <(:) || true; }
compose() { (cd "$app" && podman-compose -p "$project" -f llm-services-compose.yml -f compose.override.yml "$@") >>"$work/compose.log" 2>&1; }
admin() { curl -fsS --max-time 5 "http://127.0.0.1:$port_admin$1"; }
# bash's own trap runs for every way out but SIGKILL.
clean() {
  trap - EXIT INT TERM
  { podman rm -af -t 2; podman volume rm -af; podman network prune -f; } >/dev/null 2>&1 || true
  umount "$work/storage/overlay" 2>/dev/null || true
  rm -rf "$work" || true
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# This machine's Node and Debian's Python, made once and kept as one archive.
base_image() {
  if [ -n "${BASE_IMAGE:-}" ]; then base=$BASE_IMAGE; return; fi
  local archive root mirror node
  base=localhost/llm-proxy-try-base
  node=$(readlink -f "$(command -v node)")
  archive="$cache/base-bookworm-node-$(node -p 'process.versions.node')-$(uname -m).tar"
  if [ ! -f "$archive" ]; then
    command -v debootstrap >/dev/null 2>&1 || skip "no BASE_IMAGE is given and debootstrap is missing"
    root="$work/base"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
    debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
      { tail -5 "$work/debootstrap.log"; skip "debootstrap could not make a base image"; }
    mkdir -p "$root/usr/lib/node_modules"
    cp -L "$node" "$root/usr/bin/node"
    ldd "$node" | awk '/=> \//{print $3}' | while read -r lib; do
      [ -e "$root$lib" ] || { mkdir -p "$root$(dirname "$lib")"; cp -L "$lib" "$root$lib"; }
    done
    cp -r "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$root/usr/lib/node_modules/npm"
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root/usr/share/doc" "$root/usr/share/locale"
    tar -C "$root" -cf "$archive.part" . && mv "$archive.part" "$archive"
    rm -rf "$root"
  fi
  podman import "$archive" "$base" >/dev/null 2>&1
}

# npm's settings and roots of this machine are mounted while building, never copied into a layer.
build() { # image, context, more arguments
  local image=$1 context=$2 mounts=(--volume "$cache/npm:/root/.npm") file
  shift 2
  for file in /etc/npmrc /usr/etc/npmrc /etc/ssl/certs/ca-certificates.crt; do [ ! -f "$file" ] || mounts+=(--volume "$file:$file:ro"); done
  [ ! -f "$HOME/.npmrc" ] || mounts+=(--volume "$HOME/.npmrc:/root/.npmrc:ro")
  (cd "$app" && buildah bud --format docker --network host "${mounts[@]}" --build-arg "BASE_IMAGE=$base" -t "$image" "$@" "$context") >>"$work/build.log" 2>&1 ||
    { tail -20 "$work/build.log"; fail "$image does not build"; }
}

# podman-compose 1.0 knows no `condition:`, and podman without systemd (it complains, in podman.log) runs no healthcheck by
# the clock: the waiting that the file asks for is done here, in the file's order.
up() {
  compose up --no-start --no-build || { tail -20 "$work/compose.log"; fail "compose up"; }
  podman start -a "$init" 2>>"$work/podman.log" || fail "the folders cannot be handed over"
  podman start "${project}_fake-provider_1" "$proxy" >/dev/null 2>>"$work/podman.log" || { tail -5 "$work/podman.log"; fail "the proxy does not start"; }
  for _ in $(seq 60); do
    podman healthcheck run "$proxy" >/dev/null 2>&1 && break
    pause 0.3
  done
  podman healthcheck run "$proxy" >/dev/null || fail "the healthcheck does not pass"
  podman start "$service" >/dev/null 2>>"$work/podman.log" || { tail -5 "$work/podman.log"; fail "the service does not start"; }
  for _ in $(seq 60); do curl -s -o /dev/null "http://127.0.0.1:$port_service/" && return; pause 0.2; done
  fail "the service does not answer"
}
fingerprint() { admin /ca.pem | openssl x509 -noout -fingerprint -sha256; }
ask() { curl -sS --max-time 20 "http://127.0.0.1:$port_service/ask" -d '{"prompt":"hello"}'; }
until_true() { for _ in $(seq 50); do "$@" && return; pause 0.1; done; return 1; }

say "a fresh folder without ./logs, a fake provider for api.anthropic.com"
mkdir -p "$app/fake"
(cd "$here" && cp -r package.json package-lock.json tsconfig.json tsconfig.build.json .dockerignore llm-services-compose.yml scripts src dashboard docker "$app/")
cp "$here/docker/try/compose.override.yml" "$app/"
sed -i "s/127.0.0.1:8081:8081/127.0.0.1:$port_admin:8081/; s/127.0.0.1:8000:8000/127.0.0.1:$port_service:8000/" "$app/llm-services-compose.yml"
(
  cd "$app/fake"
  cp "$here/docker/try/fake_provider.py" .
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=fake CA' -keyout ca.key -out ca.pem
  openssl req -newkey rsa:2048 -nodes -subj '/CN=api.anthropic.com' -keyout key.pem -out csr.pem
  openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile <(echo 'subjectAltName=DNS:api.anthropic.com') -out cert.pem
  chmod 644 ./*
) >/dev/null 2>&1 || fail "openssl"

say "images"
base_image
build llm-proxy:local . -f docker/Dockerfile
podman tag llm-proxy:local llm-proxy-init:local
build llm-service:local docker/sample
podman image inspect llm-proxy:local --format '   user {{.User}}, {{.Size}} bytes with the base image'
in_image() { podman run --rm --network none --no-healthcheck --user 0:0 --entrypoint sh llm-proxy:local -c "$1"; }
found=$(in_image 'cd /app; ls -d src test scripts tsconfig.json node_modules/typescript node_modules/vitest node_modules/openai 2>/dev/null; find /app /state /certs /logs \( -name "*.key" -o -name "*.pem" -o -name "*.p12" -o -name .env -o -name "*.ts" ! -name "*.d.ts" ! -path "*/node_modules/*" \); find / -xdev -name .npmrc -size +0; true')
[ -z "$found" ] || fail "the image holds what it should not: $found"
[ "$(podman image inspect llm-proxy:local --format '{{.User}}')" = 65532:65532 ] || fail "the image's user is not 65532"
ok "no sources, no tests, no development packages, no key or certificate, no settings of npm; /app is $(in_image 'du -sm /app | cut -f1') MB"

say "up, as user $LLM_PROXY_UID:$LLM_PROXY_GID"
up
ok "podman healthcheck run"
[ "$(podman exec "$proxy" id -u)" = "$LLM_PROXY_UID" ] || fail "the proxy does not run as $LLM_PROXY_UID"
[ "$(stat -c %u:%g "$app/logs")" = "$LLM_PROXY_UID:$LLM_PROXY_GID" ] || fail "./logs belongs to $(stat -c %u:%g "$app/logs")"
ok "not root; ./logs was made and belongs to $LLM_PROXY_UID:$LLM_PROXY_GID"
first=$(fingerprint)

say "one call of the service"
answer=$(ask)
echo "   service: $answer"
case "$answer" in *'Hello from the fake provider'*) ;; *) fail "the service got no answer through the proxy" ;; esac
metered() { case "$(admin /api/stats)" in *'"total_requests":1,'*'"input_tokens":1321,"output_tokens":45,'*) ;; *) return 1 ;; esac; }
until_true metered || fail "one call of 1321 and 45 tokens expected: $(admin /api/stats)"
echo "   stats:   $(admin /api/stats | cut -c1-120)…"
logged() { grep -qs 'claude-haiku-4-5' "$app"/logs/anthropic-*.log && grep -Eqs '1,?321' "$app"/logs/anthropic-*.log; }
until_true logged || fail "the call is not in logs/anthropic-*.log"
[ "$(stat -c %u "$app"/logs/anthropic-*.log)" = "$LLM_PROXY_UID" ] || fail "the log file belongs to another user"
tail -8 "$app"/logs/anthropic-*.log | sed 's/^/   | /'

say "who sees what"
state=$(podman volume inspect "${project}_state" --format '{{.Mountpoint}}')
certs=$(podman volume inspect "${project}_certs" --format '{{.Mountpoint}}')
[ -n "$(ls "$state"/keys)" ] || fail "no keys in the state volume"
! grep -rqs "$canary" "$app/logs" "$state" "$certs" || fail "the API key was written: $(grep -rls "$canary" "$app/logs" "$state" "$certs")"
! { podman logs "$proxy" 2>&1; admin /metrics; admin /api/stats; admin /health; } | grep -q "$canary" || fail "the API key is shown"
ok "the API key is in no log, database, volume, metric or message"
[ "$(find "$certs" -type f -printf '%f\n' | sort | tr '\n' ' ')" = 'bundle.pem ca.pem ' ] || fail "in the shared volume: $(ls -R "$certs")"
! grep -rqs 'PRIVATE KEY' "$certs" || fail "a private key in the shared volume"
[ "$(podman inspect "$service" --format '{{range .Mounts}}{{.Destination}}:{{.RW}} {{end}}')" = '/certs:false ' ] || fail "the service mounts more than /certs, read-only"
podman exec "$service" sh -c 'test ! -e /state && ! touch /certs/x 2>/dev/null' || fail "the service sees or changes private files"
ok "the service has ca.pem and bundle.pem, read-only, and nothing else; the private key is in the volume of the proxy"
[ "$(stat -c %a "$state/keys")" = 700 ] && [ -z "$(find "$state/keys" -type f ! -perm 600)" ] || fail "loose modes in keys"
case "$(podman port "$proxy")" in *8080/tcp*) fail "the proxy port is published" ;; esac
[ "$(podman port "$proxy" 8081/tcp)" = "127.0.0.1:$port_admin" ] || fail "admin port: $(podman port "$proxy")"
ok "the proxy port is not published, the admin port on the host's loopback only"
! podman exec "$proxy" sh -c 'touch /app/x || touch /x' 2>/dev/null || fail "the root file system can be written"
ok "the root file system of the proxy is read-only"

# A network of documentation addresses (RFC 5737): public in the eyes of the proxy, reachable only here.
podman network create --subnet 203.0.113.0/24 "${project}_public" >/dev/null
podman network connect "${project}_public" "$proxy"
address=$(podman inspect "$proxy" --format "{{(index .NetworkSettings.Networks \"${project}_public\").IPAddress}}")
# shellcheck disable=SC2016
said=$(podman run --rm --no-healthcheck --network "${project}_public" llm-service:local python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[1], 8080), 5)
s.sendall(b"CONNECT api.anthropic.com:443 HTTP/1.1\r\nHost: api.anthropic.com:443\r\n\r\n")
print(s.recv(4096).decode().split("\r\n")[0])' "$address")
case "$said" in *' 403 '*) ok "a client with a public address gets: $said" ;; *) fail "a client with a public address got: $said" ;; esac
podman network disconnect "${project}_public" "$proxy"

say "killed, and started again"
podman kill -s KILL "$proxy" >/dev/null
podman wait "$proxy" >/dev/null 2>&1 || true
podman start "$proxy" >/dev/null 2>&1 || true
until_true podman healthcheck run "$proxy" >/dev/null 2>&1 || fail "no start after a kill"
[ "$first" = "$(fingerprint)" ] || fail "another CA after a kill"
ok "the same CA; the first call is still counted: $(admin /api/stats | grep -o '"total_requests":[0-9]*')"

say "down, up as another user"
podman stop -t 35 "$proxy" >/dev/null 2>&1
[ "$(podman inspect "$proxy" --format '{{.State.ExitCode}}')" = 0 ] || fail "SIGTERM ended it with $(podman inspect "$proxy" --format '{{.State.ExitCode}}')"
ok "SIGTERM ends it with exit code 0"
compose down
export LLM_PROXY_UID=1000 LLM_PROXY_GID=1000
up
[ "$first" = "$(fingerprint)" ] || fail "another CA after down / up"
case "$(ask)" in *'Hello from the fake provider'*) ;; *) fail "no answer after down / up" ;; esac
again() { case "$(admin /api/stats)" in *'"total_requests":2,'*'"input_tokens":2642,'*) ;; *) return 1 ;; esac; }
until_true again || fail "the totals did not go on: $(admin /api/stats)"
ok "the same CA and totals that go on: 2 calls, 2642 tokens"
say "PASSED. $first"
