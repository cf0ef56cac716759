#!/bin/sh
# The Debian packages that tests use beside the Python ones. Installs what is missing where it may; where it may not,
# names what is missing and which tests will say that they could not run.
set -u
missing=""
need() { # program-or-file, package
  command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing="$missing $2"
}
need nginx nginx
need /usr/lib/nginx/modules/ngx_http_geoip2_module.so libnginx-mod-http-geoip2
need chromium chromium
need redis-server redis-server
need haproxy haproxy
need varnishd varnish
need wrk wrk
need openssl openssl
need curl curl
need jq jq
bring_promtool() { # out of Debian's prometheus, whose server nobody here needs
  command -v promtool >/dev/null 2>&1 && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  scratch=$(mktemp -d) && chmod 755 "$scratch" && (cd "$scratch" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb . && install usr/bin/promtool /usr/local/bin/) >/dev/null 2>&1
  rm -rf "$scratch"
}
[ -z "$missing" ] && { bring_promtool || true; } && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Debian packages:$missing"
  # No service of these packages is to start by itself: the tests start their own, on their own ports.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing" >/dev/null && { bring_promtool || true; } && exit 0
fi
echo "missing Debian packages:$missing"
echo "the tests that need them (front proxies: nginx, haproxy; pages: chromium; Redis differences: redis-server; benchmark: wrk;"
echo "README tour: curl, jq) will be reported as skipped. To run them: apt-get install$missing"
