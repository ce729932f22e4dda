#!/bin/sh
# Installs the Debian packages that a file lists, one a line, and leaves no package lists behind.
# Usage: install-packages.sh FILE
set -eu
export DEBIAN_FRONTEND=noninteractive
# No service of a package starts in an image.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get update -q
xargs -a "$1" apt-get install -y -q --no-install-recommends
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /usr/sbin/policy-rc.d
