#!/bin/sh
# Make what compose.yaml keeps secret, once: sh make-secrets.sh NAME-OF-THE-SITE [DIRECTORY]
# A self-signed certificate is made for trying out; put the site's own fullchain.pem and privkey.pem in its place.
# What is there already stays as it is.
set -eu
site="${1:?usage: make-secrets.sh NAME-OF-THE-SITE [DIRECTORY]}"
here="$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)"
out="${2:-$here/secrets}"
umask 077
mkdir -p "$out"
# Compose mounts a file with the owner and mode that it has here, and each container runs as another user. So the
# directory keeps other users of this machine out (0700), and the files inside can be read by whoever gets them mounted.
chmod 0700 "$out"
random() { openssl rand -hex 32; }
keep() { [ -e "$out/$1" ] || { cat > "$out/$1.new"; chmod 0444 "$out/$1.new"; mv "$out/$1.new" "$out/$1"; }; }
random | keep admin_token
random | keep signing_key
random | keep valkey_password
password="$(cat "$out/valkey_password")"
printf 'redis://gateway:%s@valkey:6379/0\n' "$password" | keep redis_url
hash="$(printf %s "$password" | openssl dgst -sha256 -r | cut -d' ' -f1)"
sed "s/#PASSWORD-SHA256/#$hash/" "$here/../redis/users.acl" | keep users.acl
if [ ! -e "$out/privkey.pem" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$site" \
    -addext "subjectAltName=DNS:$site" -keyout "$out/privkey.pem" -out "$out/fullchain.pem" 2>/dev/null
  chmod 0444 "$out/privkey.pem" "$out/fullchain.pem"
fi
sed -e "s/news\.example/$site/g" -e 's/127\.0\.0\.1:8080/gateway:8080/' \
  -e 's|/etc/nginx/tls/fullchain.pem|/run/secrets/tls_certificate|' \
  -e 's|/etc/nginx/tls/privkey.pem|/run/secrets/tls_key|' \
  -e 's|/var/log/nginx/gateway-front.log|/dev/stdout|' "$here/../nginx/site.conf" | keep site.conf
printf 'SITE=%s\n' "$site" > "$here/.env"
echo "made in $out; the site is https://$site"
