#!/bin/sh
# Takes from a Debian with Python what a program in Python does not need to run. A stage of both images runs it as root.
set -eu

keep='base-files|base-passwd|ca-certificates|coreutils|dash|debianutils|dpkg|libc-bin|libc6|libacl1|libattr1|libpcre2-8-0'
keep="$keep|libselinux1|libbz2-1.0|libcrypt1|libexpat1|libffi8|libgcc-s1|liblzma5|libmd0|libsqlite3-0|libssl3|libstdc\+\+6"
keep="$keep|libuuid1|libzstd1|zlib1g|libpython3(\.[0-9]+)?-(stdlib|minimal)|python3(\.[0-9]+)?(-minimal)?"

# Purged, not deleted, so that a scanner of the image reads what is really there. The packages' own scripts would ask
# for programs that went before them.
unwanted=$(dpkg-query -W -f '${Package}\n' | grep -vxE "$keep")
rm -f /var/lib/dpkg/info/*.preinst /var/lib/dpkg/info/*.postinst /var/lib/dpkg/info/*.prerm /var/lib/dpkg/info/*.postrm
# shellcheck disable=SC2086
dpkg --purge --force-all $unwanted > /dev/null 2>&1

cd "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
rm -rf test idlelib lib2to3 pydoc_data turtledemo tkinter ensurepip distutils config-* site-packages/* dist-packages/*
rm -rf /usr/local/bin/pip* /usr/lib/python3/dist-packages/* /usr/share/python-wheels /usr/bin/dpkg* \
  /usr/lib/*/gconv /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/perl* \
  /usr/share/zoneinfo /var/lib/apt /var/cache /var/log /root/.cache /tmp/* /var/tmp/*
mkdir -p -m 755 /var/cache /var/log /mnt/models

# The files never change again, so the bytecode need not be compared with them at every start.
find_compiled='import pathlib, shutil; [shutil.rmtree(p) for p in pathlib.Path(".").rglob("__pycache__")]'
python3 -c "$find_compiled"
python3 -m compileall -q --invalidation-mode unchecked-hash .

echo 'rarefault:x:1000:1000:Rarefault:/tmp:/usr/sbin/nologin' >> /etc/passwd
echo 'rarefault:x:1000:' >> /etc/group
