#!/usr/bin/env bash
# Brings llm-services-compose.yml up with podman-compose in a fresh folder, makes one call, shows how it was metered,
# and checks: owner of ./logs, private key unseen by the service, same CA after down / up. Touches none of your images.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

for tool in podman buildah runc podman-compose openssl; do
  command -v "$tool" >/dev/null 2>&1 || { echo "SKIPPED: the sidecar was not tried, $tool is missing (apt-get install podman buildah runc podman-compose netavark aardvark-dns)"; exit 0; }
done

work=$(mktemp -d)
project=llmproxytry
port_admin=18081 port_service=18000
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$work" "$work" >"$work/storage.conf"
export CONTAINERS_CONF="$work/containers.conf" CONTAINERS_STORAGE_CONF="$work/storage.conf" STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

app="$work/app"
compose() { (cd "$app" && podman-compose -p "$project" -f llm-services-compose.yml -f compose.override.yml "$@"); }
say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; compose logs llm-proxy 2>/dev/null | tail -20 || true; exit 1; }
clean() {
  { compose down -v || true; podman rm -af || true; podman volume rm -af || true; podman rmi -af || true; } >/dev/null 2>&1
  rm -rf "$work"
}
trap clean EXIT

base_image() { # the image named in the Dockerfiles, or one made of this machine's own Node and Debian's Python
  if [ -n "${BASE_IMAGE:-}" ]; then echo "$BASE_IMAGE"; return; fi
  command -v debootstrap >/dev/null 2>&1 || { echo "SKIPPED: no base image can be pulled and debootstrap is missing" >&2; return 1; }
  local root="$work/base" mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
  debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; return 1; }
  mkdir -p "$root/usr/lib/node_modules"
  cp -L "$(command -v node)" "$root/usr/bin/node"
  ldd "$(command -v node)" | awk '/=> \//{print $3}' | while read -r lib; do [ -e "$root$lib" ] || { mkdir -p "$root$(dirname "$lib")"; cp -L "$lib" "$root$lib"; }; done
  cp -r "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$root/usr/lib/node_modules/npm"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
  # The build stage runs npm: this machine's own registry settings and roots, in this throwaway image only.
  for file in "$HOME/.npmrc" "$(npm config get globalconfig 2>/dev/null)"; do [ ! -f "$file" ] || { mkdir -p "$root$(dirname "$file")"; cp "$file" "$root$file"; }; done
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
  rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists"
  tar -C "$root" -c . | podman import - llm-proxy-try-base >/dev/null
  rm -rf "$root"
  echo localhost/llm-proxy-try-base
}

say "a fresh folder without ./logs"
mkdir -p "$app/fake"
(cd "$here" && git ls-files -z | xargs -0 cp --parents -t "$app")
rm -rf "$app/logs" "$app/certs"
cp "$here/docker/try/compose.override.yml" "$app/"
sed -i "s/127.0.0.1:8081:8081/127.0.0.1:$port_admin:8081/; s/127.0.0.1:8000:8000/127.0.0.1:$port_service:8000/" "$app/llm-services-compose.yml"

say "a fake provider for api.anthropic.com"
(
  cd "$app/fake"
  cp "$here/docker/try/fake_provider.py" .
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=fake CA' -keyout ca.key -out ca.pem
  openssl req -newkey rsa:2048 -nodes -subj '/CN=api.anthropic.com' -keyout key.pem -out csr.pem
  openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile <(echo 'subjectAltName=DNS:api.anthropic.com') -out cert.pem
  chmod 644 ./*
) >/dev/null 2>&1

say "images"
base=$(base_image) || exit 0
(cd "$app" && buildah bud --format docker --network host --build-arg "BASE_IMAGE=$base" -t llm-proxy -f docker/Dockerfile . ) >"$work/build.log" 2>&1 || { tail -20 "$work/build.log"; fail "the image does not build"; }
(cd "$app" && buildah bud --format docker --build-arg "BASE_IMAGE=$base" -t llm-proxy-try-sample docker/sample) >>"$work/build.log" 2>&1 || { tail -20 "$work/build.log"; fail "the sample does not build"; }
podman image inspect llm-proxy --format 'user {{.User}}, {{.Size}} bytes'

up() {
  compose up -d --no-build >"$work/up.log" 2>&1 || { tail -20 "$work/up.log"; fail "compose up"; }
  for _ in $(seq 100); do
    curl -fs "http://127.0.0.1:$port_admin/health" >/dev/null 2>&1 && curl -s -o /dev/null "http://127.0.0.1:$port_service/" && return
    read -rt 0.2 <> <(:) || true
  done
  fail "not up within 20 s"
}
fingerprint() { curl -fs "http://127.0.0.1:$port_admin/ca.pem" | openssl x509 -noout -fingerprint -sha256; }

say "up"
up
first=$(fingerprint)
answer=$(curl -s "http://127.0.0.1:$port_service/ask" -d '{"prompt":"hello"}')
echo "service: $answer"
case "$answer" in *'Hello from the fake provider'*) ;; *) fail "the service got no answer through the proxy" ;; esac
stats=$(curl -fs "http://127.0.0.1:$port_admin/api/stats")
echo "stats:   $stats" | cut -c1-200
case "$stats" in *'"input_tokens":1321'*) ;; *) fail "1321 input tokens expected" ;; esac
owner=$(stat -c %u "$app/logs") ; [ "$owner" = "${LLM_PROXY_UID:-1000}" ] || fail "./logs belongs to $owner"
for _ in $(seq 50); do grep -qs 'claude-haiku-4-5' "$app"/logs/anthropic-*.log && break; read -rt 0.1 <> <(:) || true; done
say "tail logs/anthropic-*.log"
tail -12 "$app"/logs/anthropic-*.log
grep -rqs 'sidecar-canary' "$app/logs" && fail "the key is in the logs"
service=$(podman ps --format '{{.Names}}' | grep -- 'llm-service')
podman exec "$service" sh -c 'ls /certs; test ! -e /state && test ! -e /certs/keys' | tr '\n' ' ' || fail "the service sees private files"
echo

say "down, up: the same CA"
compose down >/dev/null 2>&1
up
[ "$first" = "$(fingerprint)" ] || fail "another CA after down / up"
say "OK: metered 1 call of the sidecar, $first"
