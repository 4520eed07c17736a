#!/usr/bin/env bash
# scripts/dist.sh PROGRAM FOLDER: makes packages of the program in the folder: a tarball, a Debian package, an npm package and a
# Python wheel, each with the program inside, and their checksums. For the machine it runs on, since nothing is
# cross-compiled.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$1
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'dist: %s\n' "$*" >&2
  exit 1
}

[ -x "$binary" ] || fail "there is no $binary; run: make dist"
for program in tar sha256sum npm python3 objdump; do
  command -v $program >/dev/null || fail "$program is missing (objdump is in binutils)"
done
[ "$(uname -s)" = Linux ] || fail "packages are made on Linux only, for now; elsewhere: make install"
case $(uname -m) in
  x86_64) debian_arch=amd64 npm_cpu=x64 ;;
  aarch64) debian_arch=arm64 npm_cpu=arm64 ;;
  *) fail "$(uname -m): packages are known for x86_64 and aarch64; elsewhere: make install" ;;
esac
arch=$(uname -m)
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# The oldest C library that has all that the program asks for.
glibc=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
glibc=${glibc#GLIBC_}
# The same bytes from the same commit, whenever they are packed.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

filled() { # filled FILE: with the values of this package
  sed -e "s/@VERSION@/$version/" -e "s/@DEBIAN_ARCH@/$debian_arch/" -e "s/@GLIBC@/$glibc/" \
    -e "s/@NPM_CPU@/$npm_cpu/" -e "s/@NPM_OS@/linux/" -e "s/@SIZE@/${size:-}/" "$1"
}

documents() { # documents FOLDER
  mkdir -p "$1"
  install -m644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$1"
}

# Only what this script makes: the folder may hold other things.
rm -f "$out"/staffel[-_]* "$out"/SHA256SUMS
mkdir -p "$out"

tarball() {
  local name=staffel-$version-$arch-linux
  documents "$work/$name"
  install -m755 "$binary" "$work/$name/staffel"
  install -m644 packaging/staffel.service "$work/$name"
  tar --create --gzip --file "$out/$name.tar.gz" --directory "$work" --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" "$name"
}

debian() {
  local size root="$work/debian"
  command -v dpkg-deb >/dev/null || {
    echo 'dist: no dpkg-deb here, so no Debian package'
    return
  }
  install -Dm755 $binary "$root/usr/bin/staffel"
  install -Dm644 packaging/staffel.service "$root/usr/lib/systemd/system/staffel.service"
  documents "$root/usr/share/doc/staffel"
  size=$(du -sk "$root" | cut -f1)
  mkdir "$root/DEBIAN"
  filled packaging/debian/control >"$root/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$root" "$out/staffel_${version}_$debian_arch.deb" >/dev/null
}

npm_package() {
  local root="$work/npm"
  documents "$root"
  install -Dm755 $binary "$root/bin/staffel"
  filled packaging/npm/package.json >"$root/package.json"
  npm pack --silent --pack-destination "$out" "$root" >/dev/null
}

wheel() {
  filled packaging/python/METADATA | cat - README.md >"$work/METADATA"
  python3 scripts/wheel.py --name staffel --version "$version" --tag "py3-none-manylinux_${glibc/./_}_$arch" \
    --metadata "$work/METADATA" --licence LICENSE-MIT --licence LICENSE-APACHE --script "$binary" --out "$out"
}

tarball
debian
npm_package
wheel
(cd "$out" && sha256sum -- staffel* >SHA256SUMS)
ls -l "$out" | awk 'NR > 1 { printf "dist: %6.1f MB  %s\n", $5 / 1000000, $NF }'
